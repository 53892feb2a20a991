using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>LayerNorm.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void LayerNormForward(Tensor y, Tensor mean, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, Tensor b, float epsilon) => throw new NotSupportedException();

    internal override void LayerNormBackward(Tensor dres, Tensor dw, Tensor db, Tensor y, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor w, Tensor b, bool accumulate) => throw new NotSupportedException();
}
