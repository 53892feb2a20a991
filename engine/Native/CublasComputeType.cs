namespace LlavaCuda.Native;

/// <summary>How products are summed (<c>cublasComputeType_t</c>).</summary>
internal enum CublasComputeType
{
    /// <summary>In 32-bit floats; inputs of 32 bits are not rounded first.</summary>
    F32 = 68,
}
