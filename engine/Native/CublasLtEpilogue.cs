namespace LlavaCuda.Native;

/// <summary>
/// What a product does with its result (<c>cublasLtEpilogue_t</c>). The library's GELU is the tanh form, which is neither CLIP's nor the projector's: activations are kernels of our own.
/// </summary>
internal enum CublasLtEpilogue
{
    /// <summary>Adds a bias, one value a row of the library's column-major result.</summary>
    Bias = 4,
}
