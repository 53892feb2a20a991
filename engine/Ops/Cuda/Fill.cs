using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Fill.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void FillForward(Tensor x, float value)
    {
        int vector = Elementwise.Vector(x.Count, x);
        LaunchElementwise(FillKernels.Forward, new KernelVariant(x.Type, vector), vector, x.Count, x, value, x.Count);
    }
}
