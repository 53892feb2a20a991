using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Chosen rows.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void GatherRowsForward(Tensor y, Tensor x, Tensor index)
    {
        int vector = Elementwise.Vector(x.Width, x, y);
        LaunchRowSlices(GatherRowsKernels.Forward, new KernelVariant(x.Type, vector), vector, RowSlices.Loads, y.Rows, y.Width, y, x, index, y.Width);
    }

    internal override void GatherRowsBackward(Tensor dx, Tensor dy, Tensor index)
    {
        FillForward(dx, 0);
        int vector = Elementwise.Vector(dx.Width, dx, dy);
        LaunchRowSlices(GatherRowsKernels.Backward, new KernelVariant(dx.Type, vector), vector, RowSlices.Loads, dy.Rows, dy.Width, dx, dy, index, dy.Width);
    }
}
