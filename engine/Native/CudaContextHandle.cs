namespace LlavaCuda.Native;

/// <summary>A share in a device's primary context, which the process's other users of CUDA have too.</summary>
internal sealed class CudaContextHandle : NativeHandle
{
    private CudaContextHandle(nint context, int device)
        : base(context)
    {
        Device = device;
    }

    /// <summary>Gets the driver's name of the device.</summary>
    internal int Device { get; }

    /// <summary>Takes a share in a device's context; the calling thread's context stays what it is.</summary>
    /// <param name="device">The device.</param>
    /// <returns>The share.</returns>
    internal static CudaContextHandle Retain(int device)
    {
        CudaException.ThrowIfFailed(CudaDriver.DevicePrimaryCtxRetain(out nint context, device));
        return new CudaContextHandle(context, device);
    }

    /// <summary>Makes the context the calling thread's for a while: that thread may be the finalizer's, which has none, or in a call of another device.</summary>
    /// <returns>The while, which the caller disposes at its end.</returns>
    internal CudaContextScope Enter() => new(handle);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => CudaDriver.DevicePrimaryCtxRelease(Device) == CudaResult.Success;
}
