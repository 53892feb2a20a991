namespace LlavaCuda.Native;

/// <summary>A context that is the calling thread's until it is disposed; then the one before is again.</summary>
internal readonly ref struct CudaContextScope
{
    private readonly nint _before;
    private readonly bool _switched;

    /// <summary>Initializes a new instance of the <see cref="CudaContextScope"/> struct. Errors of the switch show in what is called next.</summary>
    /// <param name="context">The context.</param>
    internal CudaContextScope(nint context)
    {
        _ = CudaDriver.CtxGetCurrent(out _before);
        _switched = _before != context && CudaDriver.CtxSetCurrent(context) == CudaResult.Success;
    }

    /// <summary>Gives the thread back the context that it had, or none.</summary>
    public void Dispose()
    {
        if (_switched)
        {
            _ = CudaDriver.CtxSetCurrent(_before);
        }
    }
}
