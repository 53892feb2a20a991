using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>The functions of cuBLASLt, CUDA's matrix products, that the engine calls, under their names without <c>cublasLt</c>.</summary>
internal static unsafe partial class CublasLt
{
    private const string Library = NativeLoader.CublasLtLibrary;

    /// <summary>Makes a handle for the current context's device.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtCreate")]
    internal static partial CublasStatus Create(out nint handle);

    /// <summary>Destroys a handle.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtDestroy")]
    internal static partial CublasStatus Destroy(nint handle);

    /// <summary>Asks for the version: 10000 * major + 100 * minor + patch, or with 1000 for the major before 12.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtGetVersion")]
    internal static partial nuint GetVersion();

    /// <summary>Gives the library's sentence for a result code, as a C string that lives on.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtGetStatusString")]
    internal static partial byte* GetStatusString(CublasStatus status);

    /// <summary>Searches algorithms for a product, the best first; <paramref name="found"/> tells how many answers were written.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtMatmulAlgoGetHeuristic")]
    internal static partial CublasStatus MatmulAlgoGetHeuristic(
        nint handle,
        nint operation,
        nint layoutA,
        nint layoutB,
        nint layoutC,
        nint layoutD,
        nint preference,
        int requested,
        CublasLtHeuristicResult* results,
        out int found);

    /// <summary>Computes D = alpha * op(A) op(B) + beta * C in a stream.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtMatmul")]
    internal static partial CublasStatus Matmul(
        nint handle,
        nint operation,
        void* alpha,
        nint a,
        nint layoutA,
        nint b,
        nint layoutB,
        void* beta,
        nint c,
        nint layoutC,
        nint d,
        nint layoutD,
        CublasLtMatmulAlgo* algo,
        nint workspace,
        nuint workspaceBytes,
        nint stream);
}
