using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Rope.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void RopeForward(Tensor qkv, Rotary rotary, AttentionShape shape) => throw new NotSupportedException();
}
