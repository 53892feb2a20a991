using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>layernorm.cu</c>.</summary>
internal static class LayerNormKernels
{
    internal static readonly KernelTemplate Forward = new("layernorm", "layernorm_forward", Elementwise.Instances);

    internal static readonly KernelTemplate Backward = new("layernorm", "layernorm_backward", new(DType.F32), new(DType.BF16));

    internal static readonly KernelTemplate BackwardOfAnyWidth = new("layernorm", "layernorm_backward_any", new(DType.F32), new(DType.BF16));

    /// <summary>The most threads of a <see cref="Backward"/> block.</summary>
    internal static int BackwardThreads(DType type) => type == DType.F32 ? 384 : 512;
}
