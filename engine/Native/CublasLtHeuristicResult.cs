using System.Runtime.InteropServices;

namespace LlavaCuda.Native;

/// <summary>One answer of the search for an algorithm (<c>cublasLtMatmulHeuristicResult_t</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CublasLtHeuristicResult
{
    /// <summary>The algorithm.</summary>
    internal CublasLtMatmulAlgo Algo;

    /// <summary>Bytes of workspace that it needs.</summary>
    internal nuint WorkspaceSize;

    /// <summary>Whether this answer counts: anything but success means that it is to be skipped.</summary>
    internal CublasStatus State;

    /// <summary>How often the device is filled with the product's tiles, as a measure of how evenly.</summary>
    internal float WavesCount;

    private fixed int _reserved[4];
}
