using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>CrossEntropy.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void CrossEntropyForward(Tensor losses, Tensor logits, Tensor labels) => throw new NotSupportedException();

    internal override void CrossEntropyForwardBackward(Tensor losses, Tensor logits, Tensor labels, float scale) => throw new NotSupportedException();
}
