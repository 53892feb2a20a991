namespace LlavaCuda.Ops.Cuda;

/// <summary>The numbers of <c>row_slices.cuh</c>.</summary>
internal static class RowSlices
{
    internal const int Threads = 128;
    internal const int Loads = 4;
}
