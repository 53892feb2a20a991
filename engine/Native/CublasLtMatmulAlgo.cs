using System.Runtime.CompilerServices;

namespace LlavaCuda.Native;

/// <summary>An algorithm of cuBLASLt (<c>cublasLtMatmulAlgo_t</c>): 64 opaque bytes that may be kept for the same version of the library.</summary>
[InlineArray(Words)]
internal struct CublasLtMatmulAlgo
{
    /// <summary>Words of 64 bits.</summary>
    internal const int Words = 8;

    private ulong _word;
}
