using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Rotary positions.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void RopeForward(Tensor qkv, Rotary rotary, AttentionShape shape)
    {
        int heads = shape.Heads + shape.KvHeads;
        int half = shape.HeadSize / 2;
        int vector = Math.Min(Elementwise.Vector(half, qkv), Elementwise.Vector(half, rotary.Cos, rotary.Sin) > 1 ? int.MaxValue : 1);
        Launch(
            RopeKernels.Forward, new KernelVariant(qkv.Type, vector), qkv.Rows, RopeKernels.Threads(heads, half / vector), 0,
            qkv, rotary.Cos, rotary.Sin, rotary.Positions, heads, half, shape.QkvSize);
    }
}
