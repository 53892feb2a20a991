namespace LlavaCuda.Ops.Cpu;

/// <summary>How the operands of C[M, N] = op(A)[M, K] · op(B)[K, N] lie in memory, all row-major.</summary>
internal enum GemmForm
{
    /// <summary>A is [M, K], B is [K, N].</summary>
    NN,

    /// <summary>A is [M, K], B is [N, K]: a layer's forward pass with weights [out, in].</summary>
    NT,

    /// <summary>A is [K, M], B is [K, N]: the gradient of weights.</summary>
    TN,
}
