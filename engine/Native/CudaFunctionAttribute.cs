namespace LlavaCuda.Native;

/// <summary>What can be asked of a kernel, or set (<c>CUfunction_attribute</c>), as far as the engine does.</summary>
internal enum CudaFunctionAttribute
{
    /// <summary>Threads of a block, at most, for this kernel.</summary>
    MaxThreadsPerBlock = 0,

    /// <summary>Bytes of static shared memory.</summary>
    SharedSizeBytes = 1,

    /// <summary>Bytes of local memory a thread: above 0 when registers spill.</summary>
    LocalSizeBytes = 3,

    /// <summary>Registers a thread.</summary>
    NumRegs = 4,

    /// <summary>Architecture that the kernel's code is for: major * 10 + minor.</summary>
    BinaryVersion = 6,

    /// <summary>Bytes of dynamic shared memory that a launch may ask for; can be set.</summary>
    MaxDynamicSharedSizeBytes = 8,

    /// <summary>Share of the L1 cache to be shared memory, in percent; can be set.</summary>
    PreferredSharedMemoryCarveout = 9,
}
