namespace LlavaCuda.Native;

/// <summary>A stream.</summary>
internal sealed class CudaStreamHandle : CudaObjectHandle
{
    private CudaStreamHandle(nint stream, CudaContextHandle context)
        : base(stream, context)
    {
    }

    /// <summary>Makes a stream that has nothing to do with the null stream.</summary>
    /// <param name="context">The context, current on this thread.</param>
    /// <returns>The stream.</returns>
    internal static CudaStreamHandle Create(CudaContextHandle context)
    {
        CudaException.ThrowIfFailed(CudaDriver.StreamCreate(out nint stream, CudaStreamFlags.NonBlocking));
        return new CudaStreamHandle(stream, context);
    }

    /// <inheritdoc/>
    protected override bool Destroy() => CudaDriver.StreamDestroy(handle) == CudaResult.Success;
}
