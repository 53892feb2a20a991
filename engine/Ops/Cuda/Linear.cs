using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Linear.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void LinearForward(Tensor y, Tensor x, Tensor w, Tensor bias) => throw new NotSupportedException();

    internal override void LinearBackwardInput(Tensor dx, Tensor dy, Tensor w, bool accumulate) => throw new NotSupportedException();

    internal override void LinearBackwardWeight(Tensor dw, Tensor dy, Tensor x, bool accumulate) => throw new NotSupportedException();
}
