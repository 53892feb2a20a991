using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Layer norm.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void LayerNormForward(Tensor y, Tensor mean, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, Tensor b, float epsilon)
    {
        NormGrid grid = NormGrid.Forward(x.Rows, x.Width, Elementwise.Vector(x.Width, x, y, sum, delta, w, b));
        Launch(
            LayerNormKernels.Forward, new KernelVariant(x.Type, grid.Vector), grid.Blocks, grid.Threads, grid.SharedBytes(1),
            y, mean, rstd, sum, x, delta, w, b, checked((int)x.Width), epsilon);
    }

    internal override void LayerNormBackward(Tensor dres, Tensor dw, Tensor db, Tensor y, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor w, Tensor b, bool accumulate)
    {
        using CudaCall call = BeginCall();
        NormGrid grid = NormGrid.Backward(x.Rows, x.Width, Elementwise.Vector(x.Width, x, dres, y, dy, w, b), LayerNormKernels.BackwardThreads(x.Type));
        long bytes = grid.Blocks * x.Width * sizeof(float);
        nint partials = dw.Exists ? Workspace(2 * bytes) : 0;
        Launch(
            grid.IsResident ? LayerNormKernels.Backward : LayerNormKernels.BackwardOfAnyWidth, new KernelVariant(x.Type), grid.Blocks, grid.Threads, grid.SharedBytes(2),
            dres, partials, y, dy, x, mean, rstd, w, b, x.Rows, checked((int)x.Width));
        if (dw.Exists)
        {
            CombineColumns(dw, partials, grid.Blocks, accumulate);
            CombineColumns(db, partials + (nint)bytes, grid.Blocks, accumulate);
        }
    }
}
