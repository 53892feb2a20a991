using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Root-mean-square norm.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void RmsNormForward(Tensor y, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, float epsilon)
    {
        NormGrid grid = NormGrid.Forward(x.Rows, x.Width, Elementwise.Vector(x.Width, x, y, sum, delta, w));
        Launch(
            RmsNormKernels.Forward, new KernelVariant(x.Type, grid.Vector), grid.Blocks, grid.Threads, grid.SharedBytes(1), y, rstd, sum, x, delta, w, checked((int)x.Width), epsilon);
    }

    internal override void RmsNormBackward(Tensor dres, Tensor dw, Tensor y, Tensor dy, Tensor x, Tensor rstd, Tensor w, bool accumulate)
    {
        using CudaCall call = BeginCall();
        NormGrid grid = NormGrid.Backward(x.Rows, x.Width, Elementwise.Vector(x.Width, x, dres, y, dy, w), RmsNormKernels.BackwardThreads(x.Type));
        nint partials = dw.Exists ? Workspace(grid.Blocks * x.Width * sizeof(float)) : 0;
        Launch(
            grid.IsResident ? RmsNormKernels.Backward : RmsNormKernels.BackwardOfAnyWidth, new KernelVariant(x.Type), grid.Blocks, grid.Threads, grid.SharedBytes(1),
            dres, partials, y, dy, x, rstd, w, x.Rows, checked((int)x.Width));
        if (dw.Exists)
        {
            CombineColumns(dw, partials, grid.Blocks, accumulate);
        }
    }
}
