using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <content>Memory of the device and pinned memory of the host.</content>
internal static unsafe partial class CudaDriver
{
    /// <summary>Asks for the bytes that are free and that there are on the current context's device.</summary>
    [LibraryImport(Library, EntryPoint = "cuMemGetInfo_v2")]
    internal static partial CudaResult MemGetInfo(out nuint free, out nuint total);

    /// <summary>Takes memory of the device, aligned to 256 bytes at least.</summary>
    [LibraryImport(Library, EntryPoint = "cuMemAlloc_v2")]
    internal static partial CudaResult MemAlloc(out nint address, nuint bytes);

    /// <summary>Gives memory of the device back, after the work that uses it.</summary>
    [LibraryImport(Library, EntryPoint = "cuMemFree_v2")]
    internal static partial CudaResult MemFree(nint address);

    /// <summary>Takes pinned memory of the host; flags are 0.</summary>
    [LibraryImport(Library, EntryPoint = "cuMemHostAlloc")]
    internal static partial CudaResult MemHostAlloc(out nint address, nuint bytes, uint flags);

    /// <summary>Gives pinned memory back.</summary>
    [LibraryImport(Library, EntryPoint = "cuMemFreeHost")]
    internal static partial CudaResult MemFreeHost(nint address);

    /// <summary>Copies to the device in a stream; from pageable memory the source can be reused on return, from pinned memory when the stream has come so far.</summary>
    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoDAsync_v2")]
    internal static partial CudaResult MemcpyHtoDAsync(nint destination, void* source, nuint bytes, nint stream);

    /// <summary>Copies to the host in a stream; the destination is filled when the stream has come so far.</summary>
    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoHAsync_v2")]
    internal static partial CudaResult MemcpyDtoHAsync(void* destination, nint source, nuint bytes, nint stream);

    /// <summary>Copies on the device in a stream.</summary>
    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoDAsync_v2")]
    internal static partial CudaResult MemcpyDtoDAsync(nint destination, nint source, nuint bytes, nint stream);

    /// <summary>Sets bytes in a stream.</summary>
    [LibraryImport(Library, EntryPoint = "cuMemsetD8Async")]
    internal static partial CudaResult MemsetD8Async(nint destination, byte value, nuint count, nint stream);
}
