using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Launches of <c>attention.cu</c>, <c>attention_backward_dq.cu</c> and <c>attention_backward_dkdv.cu</c>.</content>
public sealed unsafe partial class CudaDevice
{
    private const float Log2E = 1.442695041f;

    private void LaunchTensorCoreAttention(Tensor o, Tensor lse, Tensor qkv, Tensor starts, int maxLength, AttentionShape shape)
    {
        AttentionTile tile = AttentionTiles.Choose(AttentionTiles.Forward, shape.HeadSize, SharedBytesLimit);
        Launch(
            AttentionKernels.Forward,
            tile.Variant,
            AttentionGrid(starts, maxLength, tile.Queries, shape.Heads),
            AttentionKernels.Threads,
            tile.SharedBytes,
            o,
            lse,
            qkv,
            starts,
            qkv.Rows,
            shape.Heads,
            shape.KvHeads,
            shape.Causal ? 1 : 0,
            shape.Scale,
            shape.Scale * Log2E);
    }

    private void LaunchTensorCoreAttentionGradients(
        Tensor dqkv, nint delta, Tensor dO, Tensor o, Tensor lse, Tensor qkv, Tensor starts, int maxLength, AttentionShape shape, Rotary rotary)
    {
        AttentionTile tile = AttentionTiles.Choose(AttentionTiles.QueryGradient, shape.HeadSize, SharedBytesLimit);
        Launch(
            AttentionKernels.QueryGradient,
            tile.Variant,
            AttentionGrid(starts, maxLength, tile.Queries, shape.Heads),
            AttentionKernels.Threads,
            tile.SharedBytes,
            dqkv,
            delta,
            dO,
            o,
            lse,
            qkv,
            rotary.Cos,
            rotary.Sin,
            rotary.Positions,
            starts,
            qkv.Rows,
            shape.Heads,
            shape.KvHeads,
            shape.Causal ? 1 : 0,
            shape.Scale,
            shape.Scale * Log2E);
        tile = AttentionTiles.Choose(AttentionTiles.KeyGradient, shape.HeadSize, SharedBytesLimit);
        Launch(
            AttentionKernels.KeyGradient,
            tile.Variant,
            AttentionGrid(starts, maxLength, tile.Keys, shape.KvHeads),
            AttentionKernels.Threads,
            tile.SharedBytes,
            dqkv,
            dO,
            lse,
            delta,
            qkv,
            rotary.Cos,
            rotary.Sin,
            rotary.Positions,
            starts,
            qkv.Rows,
            shape.Heads,
            shape.KvHeads,
            shape.Causal ? 1 : 0,
            shape.Scale,
            shape.Scale * Log2E);
    }
}
