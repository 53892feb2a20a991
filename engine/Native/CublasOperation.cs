namespace LlavaCuda.Native;

/// <summary>How a matrix enters a product (<c>cublasOperation_t</c>).</summary>
internal enum CublasOperation
{
    /// <summary>As it is.</summary>
    None = 0,

    /// <summary>Transposed.</summary>
    Transpose = 1,
}
