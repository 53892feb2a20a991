using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>CachedAttention.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void CachedAttentionAppend(Tensor keys, Tensor values, Tensor qkv, Tensor cuSeqlens, Tensor past, AttentionShape shape) => throw new NotSupportedException();

    internal override void CachedAttentionForward(Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, AttentionShape shape) => throw new NotSupportedException();
}
