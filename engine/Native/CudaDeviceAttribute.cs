namespace LlavaCuda.Native;

/// <summary>What can be asked of a device (<c>CUdevice_attribute</c>), as far as the engine asks.</summary>
internal enum CudaDeviceAttribute
{
    /// <summary>Multiprocessors.</summary>
    MultiprocessorCount = 16,

    /// <summary>Who may use the device: see <see cref="CudaComputeMode"/>.</summary>
    ComputeMode = 20,

    /// <summary>Bytes of the L2 cache.</summary>
    L2CacheSize = 38,

    /// <summary>First number of the compute capability.</summary>
    ComputeCapabilityMajor = 75,

    /// <summary>Second number of the compute capability.</summary>
    ComputeCapabilityMinor = 76,

    /// <summary>Bytes of shared memory that a block can have when its kernel asks for them.</summary>
    MaxSharedMemoryPerBlockOptin = 97,
}
