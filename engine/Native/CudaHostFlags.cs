namespace LlavaCuda.Native;

/// <summary>How pinned memory is made (<c>CU_MEMHOSTALLOC_*</c>).</summary>
[Flags]
internal enum CudaHostFlags : uint
{
    /// <summary>Pinned for the current context.</summary>
    None = 0,

    /// <summary>Pinned for every context.</summary>
    Portable = 1,

    /// <summary>Faster for the device to read, very slow for the host to read.</summary>
    WriteCombined = 4,
}
