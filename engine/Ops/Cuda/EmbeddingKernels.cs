using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>embedding.cu</c>.</summary>
internal static class EmbeddingKernels
{
    internal static readonly KernelTemplate Forward = new("embedding", "embedding_forward", Elementwise.Instances);

    internal static readonly KernelTemplate Backward = new("embedding", "embedding_backward", Elementwise.Instances);
}
