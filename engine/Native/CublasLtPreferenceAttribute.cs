namespace LlavaCuda.Native;

/// <summary>What limits the search for an algorithm (<c>cublasLtMatmulPreferenceAttributes_t</c>), with the type of each value.</summary>
internal enum CublasLtPreferenceAttribute
{
    /// <summary>Bytes of workspace, of 64 bits.</summary>
    MaxWorkspaceBytes = 1,

    /// <summary>Ways allowed to sum a split product: <see cref="CublasLtReductionSchemes"/>.</summary>
    ReductionSchemeMask = 3,

    /// <summary>Alignment of A in bytes, of 32 bits; 256 when not set.</summary>
    MinAlignmentABytes = 5,

    /// <summary>Alignment of B in bytes, of 32 bits; 256 when not set.</summary>
    MinAlignmentBBytes = 6,

    /// <summary>Alignment of C in bytes, of 32 bits; 256 when not set.</summary>
    MinAlignmentCBytes = 7,

    /// <summary>Alignment of D in bytes, of 32 bits; 256 when not set.</summary>
    MinAlignmentDBytes = 8,
}
