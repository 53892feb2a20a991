namespace LlavaCuda.Native;

/// <summary>A context that is the calling thread's until it is disposed; then the one before is again.</summary>
internal readonly ref struct CudaContextScope
{
    private readonly nint _before;

    /// <summary>Initializes a new instance of the <see cref="CudaContextScope"/> struct. Errors of the switch show in what is called next.</summary>
    /// <param name="context">The context.</param>
    internal CudaContextScope(nint context)
    {
        // Set even where its address is current already: that may be one of a context that is gone, and which the driver does not take for the new one.
        _ = CudaDriver.CtxGetCurrent(out _before);
        IsSwitch = CudaDriver.CtxSetCurrent(context) == CudaResult.Success && _before != context;
    }

    /// <summary>Gets a value indicating whether the thread had another context before, or none.</summary>
    internal bool IsSwitch { get; }

    /// <summary>Gives the thread back the context that it had, or none.</summary>
    public void Dispose()
    {
        if (IsSwitch)
        {
            _ = CudaDriver.CtxSetCurrent(_before);
        }
    }
}
