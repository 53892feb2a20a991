using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Launches of <c>attention_simt.cu</c>.</content>
public sealed unsafe partial class CudaDevice
{
    private static int SimtSlices(AttentionShape shape) => (int)LaunchGrid.Cover((shape.HeadSize + 1) / 2, AttentionKernels.SimtSlice);

    private void LaunchSimtAttention(Tensor o, Tensor lse, Tensor qkv, Tensor starts, int maxLength, AttentionShape shape) => Launch(
        AttentionKernels.SimtForward,
        new KernelVariant(qkv.Type),
        AttentionGrid(starts, maxLength, AttentionKernels.SimtRows, shape.Heads, SimtSlices(shape)),
        AttentionKernels.SimtThreads,
        AttentionKernels.SimtSharedBytes,
        o,
        lse,
        qkv,
        starts,
        qkv.Rows,
        shape.Heads,
        shape.KvHeads,
        shape.HeadSize,
        shape.Causal ? 1 : 0,
        shape.Scale);

    private void LaunchSimtAttentionGradients(Tensor dqkv, nint delta, Tensor dO, Tensor o, Tensor lse, Tensor qkv, Tensor starts, int maxLength, AttentionShape shape, Rotary rotary)
    {
        Launch(
            AttentionKernels.SimtQueryGradient,
            new KernelVariant(qkv.Type),
            AttentionGrid(starts, maxLength, AttentionKernels.SimtRows, shape.Heads, SimtSlices(shape)),
            AttentionKernels.SimtThreads,
            AttentionKernels.SimtSharedBytes,
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
            shape.HeadSize,
            shape.Causal ? 1 : 0,
            shape.Scale);
        Launch(
            AttentionKernels.SimtKeyGradient,
            new KernelVariant(qkv.Type),
            AttentionGrid(starts, maxLength, AttentionKernels.SimtRows, shape.KvHeads, SimtSlices(shape)),
            AttentionKernels.SimtThreads,
            AttentionKernels.SimtSharedBytes,
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
            shape.HeadSize,
            shape.Causal ? 1 : 0,
            shape.Scale);
    }
}
