namespace LlavaCuda.Native;

/// <summary>What describes a matrix (<c>cublasLtMatrixLayoutAttribute_t</c>), with the type of each value.</summary>
internal enum CublasLtLayoutAttribute
{
    /// <summary>Type of the elements: <see cref="CublasDataType"/>.</summary>
    Type = 0,

    /// <summary>How it lies in memory: <see cref="CublasLtOrder"/>.</summary>
    Order = 1,

    /// <summary>Rows, of 64 bits.</summary>
    Rows = 2,

    /// <summary>Columns, of 64 bits.</summary>
    Cols = 3,

    /// <summary>Elements from one column (or row, by the order) to the next, of 64 bits.</summary>
    Ld = 4,

    /// <summary>Matrices in a batch, of 32 bits.</summary>
    BatchCount = 5,

    /// <summary>Elements from one matrix of a batch to the next, of 64 bits.</summary>
    StridedBatchOffset = 6,
}
