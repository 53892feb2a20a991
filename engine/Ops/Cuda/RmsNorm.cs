using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>RmsNorm.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void RmsNormForward(Tensor y, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, float epsilon) => throw new NotSupportedException();

    internal override void RmsNormBackward(Tensor dres, Tensor dw, Tensor y, Tensor dy, Tensor x, Tensor rstd, Tensor w, bool accumulate) => throw new NotSupportedException();
}
