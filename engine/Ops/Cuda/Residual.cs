using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Addition into the residual stream.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void ResidualAdd(Tensor x, Tensor delta)
    {
        int vector = Elementwise.Vector(x.Count, x, delta);
        LaunchElementwise(ResidualKernels.Add, new KernelVariant(x.Type, vector), vector, x.Count, x, delta, x.Count);
    }
}
