namespace LlavaCuda.Native;

/// <summary>What describes a product (<c>cublasLtMatmulDescAttributes_t</c>), with the type of each value.</summary>
internal enum CublasLtMatmulDescAttribute
{
    /// <summary>How products are summed: <see cref="CublasComputeType"/>.</summary>
    ComputeType = 0,

    /// <summary>Type of alpha and beta: <see cref="CublasDataType"/>.</summary>
    ScaleType = 1,

    /// <summary>Where alpha and beta lie: <see cref="CublasLtPointerMode"/>.</summary>
    PointerMode = 2,

    /// <summary>How A enters: <see cref="CublasOperation"/>.</summary>
    TransA = 3,

    /// <summary>How B enters: <see cref="CublasOperation"/>.</summary>
    TransB = 4,

    /// <summary>What is done with the result: <see cref="CublasLtEpilogue"/>.</summary>
    Epilogue = 7,

    /// <summary>Address of the bias, of 64 bits.</summary>
    BiasPointer = 8,

    /// <summary>Multiprocessors to plan for, of 32 bits; 0 for all.</summary>
    SmCountTarget = 15,

    /// <summary>Type of the bias: <see cref="CublasDataType"/>.</summary>
    BiasDataType = 26,
}
