namespace LlavaCuda.Native;

/// <summary>How the parts of a product that is split along its inner dimension may be summed (<c>cublasLtReductionScheme_t</c>).</summary>
[Flags]
internal enum CublasLtReductionSchemes : uint
{
    /// <summary>No splitting.</summary>
    None = 0,

    /// <summary>In the workspace, in the type of the sums.</summary>
    ComputeType = 2,
}
