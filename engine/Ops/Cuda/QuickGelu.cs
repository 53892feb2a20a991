using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>CLIP's activation.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void QuickGeluForward(Tensor y, Tensor x)
    {
        int vector = Elementwise.Vector(x.Count, y, x);
        LaunchElementwise(QuickGeluKernels.Forward, new KernelVariant(x.Type, vector), vector, x.Count, y, x, x.Count);
    }

    internal override void QuickGeluBackward(Tensor dx, Tensor dy, Tensor x)
    {
        int vector = Elementwise.Vector(x.Count, dx, dy, x);
        LaunchElementwise(QuickGeluKernels.Backward, new KernelVariant(x.Type, vector), vector, x.Count, dx, dy, x, x.Count);
    }
}
