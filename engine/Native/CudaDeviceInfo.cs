using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>What a device is, as far as it can be told without a context on it.</summary>
/// <param name="Device">The driver's name of it.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Capability">Its compute capability.</param>
/// <param name="Bytes">Bytes of its memory.</param>
/// <param name="Multiprocessors">Its multiprocessors.</param>
/// <param name="Mode">Who may use it.</param>
internal sealed record CudaDeviceInfo(int Device, string Name, Version Capability, long Bytes, int Multiprocessors, CudaComputeMode Mode)
{
    /// <summary>Asks for a device; the driver is initialized.</summary>
    /// <param name="ordinal">Its number.</param>
    /// <returns>What it is.</returns>
    internal static unsafe CudaDeviceInfo Read(int ordinal)
    {
        const int NameBytes = 256;
        byte* name = stackalloc byte[NameBytes];
        CudaException.ThrowIfFailed(CudaDriver.DeviceGet(out int device, ordinal));
        CudaException.ThrowIfFailed(CudaDriver.DeviceGetName(name, NameBytes, device));
        CudaException.ThrowIfFailed(CudaDriver.DeviceTotalMem(out nuint bytes, device));
        return new CudaDeviceInfo(
            device,
            Marshal.PtrToStringUTF8((nint)name) ?? string.Empty,
            new Version(Attribute(device, CudaDeviceAttribute.ComputeCapabilityMajor), Attribute(device, CudaDeviceAttribute.ComputeCapabilityMinor)),
            (long)bytes,
            Attribute(device, CudaDeviceAttribute.MultiprocessorCount),
            (CudaComputeMode)Attribute(device, CudaDeviceAttribute.ComputeMode));
    }

    /// <summary>Asks for a number of a device.</summary>
    /// <param name="device">The driver's name of it.</param>
    /// <param name="attribute">Which number.</param>
    /// <returns>The number.</returns>
    internal static int Attribute(int device, CudaDeviceAttribute attribute)
    {
        CudaException.ThrowIfFailed(CudaDriver.DeviceGetAttribute(out int value, attribute, device));
        return value;
    }
}
