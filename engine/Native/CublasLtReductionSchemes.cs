namespace LlavaCuda.Native;

/// <summary>How the parts of a product that is split along its inner dimension may be summed (<c>cublasLtReductionScheme_t</c>).</summary>
[Flags]
internal enum CublasLtReductionSchemes : uint
{
    /// <summary>No splitting.</summary>
    None = 0,

    /// <summary>One part after the other into the result, in its type.</summary>
    InPlace = 1,

    /// <summary>In the workspace, in the type of the sums.</summary>
    ComputeType = 2,

    /// <summary>In the workspace, in the type of the result.</summary>
    OutputType = 4,
}
