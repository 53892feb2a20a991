namespace LlavaCuda.Native;

/// <summary>What can be set of a kernel (<c>CUfunction_attribute</c>), as far as the engine does.</summary>
internal enum CudaFunctionAttribute
{
    /// <summary>Bytes of dynamic shared memory that a launch may ask for.</summary>
    MaxDynamicSharedSizeBytes = 8,

    /// <summary>Share of the L1 cache to be shared memory, in percent.</summary>
    PreferredSharedMemoryCarveout = 9,
}
