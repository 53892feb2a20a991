using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Softmax attention over packed sequences.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void AttentionForward(Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape) => throw new NotSupportedException();

    internal override void AttentionBackward(Tensor dqkv, Tensor dO, Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape, Rotary rotary) => throw new NotSupportedException();
}
