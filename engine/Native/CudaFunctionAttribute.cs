namespace LlavaCuda.Native;

/// <summary>What can be set of a kernel (<c>CUfunction_attribute</c>), as far as the engine does.</summary>
internal enum CudaFunctionAttribute
{
    /// <summary>Bytes of dynamic shared memory that a launch may ask for.</summary>
    MaxDynamicSharedSizeBytes = 8,
}
