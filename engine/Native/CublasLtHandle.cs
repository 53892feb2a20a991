namespace LlavaCuda.Native;

/// <summary>A handle of cuBLASLt.</summary>
internal sealed class CublasLtHandle : CudaObjectHandle
{
    private CublasLtHandle(nint value, CudaContextHandle context)
        : base(value, context)
    {
    }

    /// <summary>Makes a handle.</summary>
    /// <param name="context">The context, current on this thread.</param>
    /// <returns>The handle.</returns>
    internal static CublasLtHandle Create(CudaContextHandle context)
    {
        CublasException.ThrowIfFailed(CublasLt.Create(out nint handle));
        return new CublasLtHandle(handle, context);
    }

    /// <inheritdoc/>
    protected override bool Destroy() => CublasLt.Destroy(handle) == CublasStatus.Success;
}
