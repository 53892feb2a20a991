using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>column_sum.cu</c>.</summary>
internal static class ColumnSumKernels
{
    /// <summary>Threads of a <see cref="Partials"/> block.</summary>
    internal const int Threads = 256;

    /// <summary>Columns of a warp, for each element that a thread loads at once.</summary>
    internal const int Lanes = 32;

    /// <summary>Warps of a <see cref="Combine"/> block.</summary>
    internal const int CombineWarps = 16;

    internal static readonly KernelTemplate Partials = new("column_sum", "column_sum_partials", Elementwise.Instances);

    internal static readonly KernelTemplate Combine = new("column_sum", "column_combine", KernelVariant.Of(CombineWarps));

    // Enough blocks for any GPU; a group is at least the rows that a block has under way at once.
    private const long Blocks = 1024;
    private const long LeastGroup = 32;

    /// <summary>Chooses how many rows a group has, from the extents alone: the order of the sums follows from it.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="tiles">Blocks side by side.</param>
    internal static long GroupRows(long rows, long tiles) => LaunchGrid.Cover(Math.Max(1, LaunchGrid.Cover(rows * tiles, Blocks)), LeastGroup) * LeastGroup;
}
