using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Bias gradient.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void ColumnSumBackward(Tensor db, Tensor dy, bool accumulate)
    {
        using CudaCall call = BeginCall();
        int vector = Elementwise.Vector(dy.Width, dy);
        long tiles = LaunchGrid.Cover(dy.Width, (long)ColumnSumKernels.Lanes * vector);
        long groupRows = ColumnSumKernels.GroupRows(dy.Rows, tiles);
        long groups = LaunchGrid.Cover(dy.Rows, groupRows);
        nint partials = Workspace(groups * dy.Width * sizeof(float));
        Launch(
            ColumnSumKernels.Partials, new KernelVariant(dy.Type, vector), groups * tiles, ColumnSumKernels.Threads, ColumnSumKernels.Threads * vector * sizeof(float),
            partials, dy, dy.Rows, checked((int)dy.Width), groupRows, (int)tiles);
        CombineColumns(db, partials, groups, accumulate);
    }

    /// <summary>The second stage of sums over rows: adds up partial sums of [groups, width] in order.</summary>
    private void CombineColumns(Tensor target, nint partials, long groups, bool accumulate)
    {
        const int Threads = ColumnSumKernels.CombineWarps * ColumnSumKernels.Lanes;
        Launch(
            ColumnSumKernels.Combine, KernelVariant.Of(ColumnSumKernels.CombineWarps), LaunchGrid.Cover(target.Count, ColumnSumKernels.Lanes), Threads, Threads * sizeof(double),
            target, partials, groups, checked((int)target.Count), accumulate ? 1 : 0);
    }
}
