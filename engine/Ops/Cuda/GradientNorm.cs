using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>GradientNorm.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void GradientNormForward(Tensor result, Tensor gradients, float maxNorm) => throw new NotSupportedException();
}
