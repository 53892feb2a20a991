using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>The choice of tokens.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void SamplingForward(Tensor ids, Tensor logits, Tensor draws, Tensor forbidden)
    {
        int vector = Elementwise.Vector(logits.Shape[1], logits);
        Launch(
            SamplingKernels.Forward,
            new KernelVariant(logits.Type, vector),
            logits.Rows,
            SamplingKernels.Threads,
            SamplingKernels.SharedBytes,
            ids,
            logits,
            draws,
            forbidden,
            (int)logits.Shape[1]);
    }
}
