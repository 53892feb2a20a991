using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Exact GELU.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void GeluForward(Tensor y, Tensor x)
    {
        int vector = Elementwise.Vector(x.Count, y, x);
        LaunchElementwise(GeluKernels.Forward, new KernelVariant(x.Type, vector), vector, x.Count, y, x, x.Count);
    }

    internal override void GeluBackward(Tensor dx, Tensor dy, Tensor x)
    {
        int vector = Elementwise.Vector(x.Count, dx, dy, x);
        LaunchElementwise(GeluKernels.Backward, new KernelVariant(x.Type, vector), vector, x.Count, dx, dy, x, x.Count);
    }
}
