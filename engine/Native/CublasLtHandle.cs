namespace LlavaCuda.Native;

/// <summary>A handle of cuBLASLt.</summary>
internal sealed class CublasLtHandle : NativeHandle
{
    private CublasLtHandle(nint value)
        : base(value)
    {
    }

    /// <summary>Makes a handle for the current context's device.</summary>
    /// <returns>The handle.</returns>
    internal static CublasLtHandle Create()
    {
        CublasException.ThrowIfFailed(CublasLt.Create(out nint handle));
        return new CublasLtHandle(handle);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => CublasLt.Destroy(handle) == CublasStatus.Success;
}
