namespace LlavaCuda.Native;

/// <summary>Types of elements as cuBLASLt counts them (<c>cudaDataType_t</c>).</summary>
internal enum CublasDataType
{
    /// <summary>32-bit floats.</summary>
    R32F = 0,

    /// <summary>bfloat16.</summary>
    R16BF = 14,
}
