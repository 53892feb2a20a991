using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <content>Descriptions of products, matrices and preferences. They hold host memory only and need no context.</content>
internal static unsafe partial class CublasLt
{
    /// <summary>Makes the description of a product.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtMatmulDescCreate")]
    internal static partial CublasStatus MatmulDescCreate(out nint operation, CublasComputeType computeType, CublasDataType scaleType);

    /// <summary>Destroys the description of a product.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtMatmulDescDestroy")]
    internal static partial CublasStatus MatmulDescDestroy(nint operation);

    /// <summary>Sets a value of the description of a product.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtMatmulDescSetAttribute")]
    internal static partial CublasStatus MatmulDescSetAttribute(nint operation, CublasLtMatmulDescAttribute attribute, void* value, nuint bytes);

    /// <summary>Makes the description of a matrix, column-major.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtMatrixLayoutCreate")]
    internal static partial CublasStatus MatrixLayoutCreate(out nint layout, CublasDataType type, ulong rows, ulong columns, long ld);

    /// <summary>Destroys the description of a matrix.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtMatrixLayoutDestroy")]
    internal static partial CublasStatus MatrixLayoutDestroy(nint layout);

    /// <summary>Makes preferences for the search.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtMatmulPreferenceCreate")]
    internal static partial CublasStatus MatmulPreferenceCreate(out nint preference);

    /// <summary>Destroys preferences.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtMatmulPreferenceDestroy")]
    internal static partial CublasStatus MatmulPreferenceDestroy(nint preference);

    /// <summary>Sets a preference.</summary>
    [LibraryImport(Library, EntryPoint = "cublasLtMatmulPreferenceSetAttribute")]
    internal static partial CublasStatus MatmulPreferenceSetAttribute(nint preference, CublasLtPreferenceAttribute attribute, void* value, nuint bytes);
}
