namespace LlavaCuda.Native;

/// <summary>How a matrix lies in memory (<c>cublasLtOrder_t</c>).</summary>
internal enum CublasLtOrder
{
    /// <summary>Column after column.</summary>
    Column = 0,

    /// <summary>Row after row.</summary>
    Row = 1,
}
