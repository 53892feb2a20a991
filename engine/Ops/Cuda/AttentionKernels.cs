using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>attention.cu</c>, <c>attention_backward_dq.cu</c>, <c>attention_backward_dkdv.cu</c> and <c>attention_simt.cu</c>.</summary>
internal static class AttentionKernels
{
    /// <summary>Threads of a block of the tensor-core kernels.</summary>
    internal const int Threads = 128;

    /// <summary>Threads, rows of a tile, pairs of columns that a block sums, and shared memory of the plain kernels: the numbers of <c>attention_simt.cuh</c>.</summary>
    internal const int SimtThreads = 256;
    internal const int SimtRows = 64;
    internal const int SimtSlice = 64;
    internal const int SimtSharedBytes = ((2 * SimtRows * 36) + (SimtRows * 68)) * sizeof(float);

    internal static readonly KernelTemplate Forward = new("attention", "attention_forward", AttentionTiles.Forward.Select(static t => t.Variant));

    internal static readonly KernelTemplate QueryGradient = new("attention_backward_dq", "attention_backward_dq", AttentionTiles.QueryGradient.Select(static t => t.Variant));

    internal static readonly KernelTemplate KeyGradient = new("attention_backward_dkdv", "attention_backward_dkdv", AttentionTiles.KeyGradient.Select(static t => t.Variant));

    internal static readonly KernelTemplate SimtForward = new("attention_simt", "attention_simt_forward", Storage);

    internal static readonly KernelTemplate SimtQueryGradient = new("attention_simt", "attention_simt_backward_dq", Storage);

    internal static readonly KernelTemplate SimtKeyGradient = new("attention_simt", "attention_simt_backward_dkdv", Storage);

    private static KernelVariant[] Storage => [new(DType.F32), new(DType.BF16)];
}
