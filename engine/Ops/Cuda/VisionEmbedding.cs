using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>VisionEmbedding.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void VisionEmbeddingForward(Tensor x, Tensor patches, Tensor cls, Tensor positions) => throw new NotSupportedException();

    internal override void VisionEmbeddingBackward(Tensor dpatches, Tensor dcls, Tensor dpositions, Tensor dx, bool accumulate) => throw new NotSupportedException();
}
