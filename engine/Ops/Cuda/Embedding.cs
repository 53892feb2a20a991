using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Embedding.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void EmbeddingForward(Tensor x, Tensor table, Tensor images, Tensor source) => throw new NotSupportedException();

    internal override void EmbeddingBackward(Tensor dtable, Tensor dx, Tensor ids, Tensor starts, Tensor rows, bool accumulate) => throw new NotSupportedException();
}
