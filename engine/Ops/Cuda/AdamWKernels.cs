using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernel of <c>adamw.cu</c>.</summary>
internal static class AdamWKernels
{
    /// <summary>Threads of a block.</summary>
    internal const int Threads = 256;

    /// <summary>Weights of a thread: 16 bytes of bf16, and as many in single precision.</summary>
    internal const int Vector = 8;

    internal static readonly KernelTemplate Update = new("adamw", "adamw_update", new(DType.F32, 1), new(DType.F32, Vector), new(DType.BF16, 1), new(DType.BF16, Vector));
}
