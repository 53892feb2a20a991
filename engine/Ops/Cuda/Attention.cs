using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>
/// Softmax attention over packed sequences: on tensor cores for the usual head sizes in bf16, by plain kernels for everything else. Nothing of rows × rows is in memory; sums have a fixed order.
/// </content>
public sealed unsafe partial class CudaDevice
{
    // Sequences are the grid's second dimension, which is bounded: more of them take several launches.
    private const int MaxSequences = 65535;

    internal override void AttentionForward(Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape)
    {
        bool tensorCores = AttentionTiles.Fit(shape.HeadSize, o, qkv);
        for (long first = 0; first < cuSeqlens.Rows - 1; first += MaxSequences)
        {
            Tensor starts = StartsFrom(cuSeqlens, first);
            if (tensorCores)
            {
                LaunchTensorCoreAttention(o, lse, qkv, starts, maxLength, shape);
            }
            else
            {
                LaunchSimtAttention(o, lse, qkv, starts, maxLength, shape);
            }
        }
    }

    internal override void AttentionBackward(Tensor dqkv, Tensor dO, Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape, Rotary rotary)
    {
        using CudaCall call = BeginCall();
        bool tensorCores = AttentionTiles.Fit(shape.HeadSize, dqkv, dO, o, qkv, rotary.Cos, rotary.Sin);
        nint delta = Workspace(lse.Bytes);
        for (long first = 0; first < cuSeqlens.Rows - 1; first += MaxSequences)
        {
            Tensor starts = StartsFrom(cuSeqlens, first);
            if (tensorCores)
            {
                LaunchTensorCoreAttentionGradients(dqkv, delta, dO, o, lse, qkv, starts, maxLength, shape, rotary);
            }
            else
            {
                LaunchSimtAttentionGradients(dqkv, delta, dO, o, lse, qkv, starts, maxLength, shape, rotary);
            }
        }
    }

    private static Tensor StartsFrom(Tensor cuSeqlens, long first) => cuSeqlens.Slice(first, Math.Min(MaxSequences, cuSeqlens.Rows - 1 - first) + 1);

    // Tiles of the longest sequence times heads, and sequences.
    private static LaunchGrid AttentionGrid(Tensor starts, int maxLength, int tileRows, int heads, int slices = 1) =>
        new(LaunchGrid.Cover(maxLength, tileRows) * heads, (int)starts.Rows - 1, slices);
}
