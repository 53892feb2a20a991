using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>
/// The functions of NVIDIA's driver that the engine calls, under their names without <c>cu</c>. Every entry point stands in the drivers of CUDA 12 and 13: where the
/// headers map a name to a newer suffix, the one that both export is bound.
/// </summary>
internal static unsafe partial class CudaDriver
{
    private const string Library = NativeLoader.DriverLibrary;

    /// <summary>Starts the driver; must come first, flags are 0.</summary>
    [LibraryImport(Library, EntryPoint = "cuInit")]
    internal static partial CudaResult Init(uint flags);

    /// <summary>Gives the device with a number.</summary>
    [LibraryImport(Library, EntryPoint = "cuDeviceGet")]
    internal static partial CudaResult DeviceGet(out int device, int ordinal);

    /// <summary>Counts the devices.</summary>
    [LibraryImport(Library, EntryPoint = "cuDeviceGetCount")]
    internal static partial CudaResult DeviceGetCount(out int count);

    /// <summary>Writes a device's name, ended by a zero.</summary>
    [LibraryImport(Library, EntryPoint = "cuDeviceGetName")]
    internal static partial CudaResult DeviceGetName(byte* name, int bytes, int device);

    /// <summary>Asks for a number of a device.</summary>
    [LibraryImport(Library, EntryPoint = "cuDeviceGetAttribute")]
    internal static partial CudaResult DeviceGetAttribute(out int value, CudaDeviceAttribute attribute, int device);

    /// <summary>Asks for the bytes of a device's memory.</summary>
    [LibraryImport(Library, EntryPoint = "cuDeviceTotalMem_v2")]
    internal static partial CudaResult DeviceTotalMem(out nuint bytes, int device);

    /// <summary>Takes a share in a device's primary context, which it makes when it is the first.</summary>
    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRetain")]
    internal static partial CudaResult DevicePrimaryCtxRetain(out nint context, int device);

    /// <summary>Gives a share in a device's primary context back.</summary>
    [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
    internal static partial CudaResult DevicePrimaryCtxRelease(int device);

    /// <summary>Makes a context the calling thread's.</summary>
    [LibraryImport(Library, EntryPoint = "cuCtxSetCurrent")]
    internal static partial CudaResult CtxSetCurrent(nint context);

    /// <summary>Gives the calling thread's context, or 0.</summary>
    [LibraryImport(Library, EntryPoint = "cuCtxGetCurrent")]
    internal static partial CudaResult CtxGetCurrent(out nint context);

    /// <summary>Gives the name of a result code, as a C string that lives on.</summary>
    [LibraryImport(Library, EntryPoint = "cuGetErrorName")]
    internal static partial CudaResult GetErrorName(CudaResult result, out byte* name);

    /// <summary>Gives the driver's sentence for a result code, as a C string that lives on.</summary>
    [LibraryImport(Library, EntryPoint = "cuGetErrorString")]
    internal static partial CudaResult GetErrorString(CudaResult result, out byte* text);
}
