namespace LlavaCuda.Native;

/// <summary>What describes a product (<c>cublasLtMatmulDescAttributes_t</c>), with the type of each value.</summary>
internal enum CublasLtMatmulDescAttribute
{
    /// <summary>How A enters: <see cref="CublasOperation"/>.</summary>
    TransA = 3,

    /// <summary>How B enters: <see cref="CublasOperation"/>.</summary>
    TransB = 4,

    /// <summary>What is done with the result: <see cref="CublasLtEpilogue"/>.</summary>
    Epilogue = 7,

    /// <summary>Address of the bias, of 64 bits.</summary>
    BiasPointer = 8,

    /// <summary>Type of the bias: <see cref="CublasDataType"/>.</summary>
    BiasDataType = 26,
}
