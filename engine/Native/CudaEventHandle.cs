namespace LlavaCuda.Native;

/// <summary>An event.</summary>
internal sealed class CudaEventHandle : CudaObjectHandle
{
    private CudaEventHandle(nint @event, CudaContextHandle context)
        : base(@event, context)
    {
    }

    /// <summary>Makes an event.</summary>
    /// <param name="context">The context, current on this thread.</param>
    /// <param name="flags">Whether it keeps time, and how it is waited for.</param>
    /// <returns>The event.</returns>
    internal static CudaEventHandle Create(CudaContextHandle context, CudaEventFlags flags)
    {
        CudaException.ThrowIfFailed(CudaDriver.EventCreate(out nint @event, flags));
        return new CudaEventHandle(@event, context);
    }

    /// <inheritdoc/>
    protected override bool Destroy() => CudaDriver.EventDestroy(handle) == CudaResult.Success;
}
