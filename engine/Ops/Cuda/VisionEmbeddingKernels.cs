using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>vision_embedding.cu</c>.</summary>
internal static class VisionEmbeddingKernels
{
    internal static readonly KernelTemplate Forward = new("vision_embedding", "vision_embedding_forward", Elementwise.Instances);

    internal static readonly KernelTemplate Backward = new("vision_embedding", "vision_embedding_backward", Elementwise.Instances);
}
