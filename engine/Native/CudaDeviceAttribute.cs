namespace LlavaCuda.Native;

/// <summary>What can be asked of a device (<c>CUdevice_attribute</c>), as far as the engine asks.</summary>
internal enum CudaDeviceAttribute
{
    /// <summary>Threads of a block, at most.</summary>
    MaxThreadsPerBlock = 1,

    /// <summary>Blocks along the first dimension of a grid, at most.</summary>
    MaxGridDimX = 5,

    /// <summary>Blocks along the second dimension of a grid, at most.</summary>
    MaxGridDimY = 6,

    /// <summary>Blocks along the third dimension of a grid, at most.</summary>
    MaxGridDimZ = 7,

    /// <summary>Bytes of shared memory that a block has without asking.</summary>
    MaxSharedMemoryPerBlock = 8,

    /// <summary>Threads of a warp.</summary>
    WarpSize = 10,

    /// <summary>Highest clock in kHz.</summary>
    ClockRate = 13,

    /// <summary>Multiprocessors.</summary>
    MultiprocessorCount = 16,

    /// <summary>Who may use the device: see <see cref="CudaComputeMode"/>.</summary>
    ComputeMode = 20,

    /// <summary>Highest clock of the memory in kHz.</summary>
    MemoryClockRate = 36,

    /// <summary>Width of the memory's bus in bits.</summary>
    GlobalMemoryBusWidth = 37,

    /// <summary>Bytes of the L2 cache.</summary>
    L2CacheSize = 38,

    /// <summary>Threads that a multiprocessor holds, at most.</summary>
    MaxThreadsPerMultiprocessor = 39,

    /// <summary>First number of the compute capability.</summary>
    ComputeCapabilityMajor = 75,

    /// <summary>Second number of the compute capability.</summary>
    ComputeCapabilityMinor = 76,

    /// <summary>Bytes of shared memory of a multiprocessor.</summary>
    MaxSharedMemoryPerMultiprocessor = 81,

    /// <summary>Bytes of shared memory that a block can have when its kernel asks for them.</summary>
    MaxSharedMemoryPerBlockOptin = 97,
}
