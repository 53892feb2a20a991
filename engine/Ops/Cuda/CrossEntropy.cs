using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Cross entropy.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void CrossEntropyForward(Tensor losses, Tensor logits, Tensor labels) => LaunchCrossEntropy(losses, logits, labels, 0, gradient: 0);

    internal override void CrossEntropyForwardBackward(Tensor losses, Tensor logits, Tensor labels, float scale) => LaunchCrossEntropy(losses, logits, labels, scale, gradient: 1);

    private void LaunchCrossEntropy(Tensor losses, Tensor logits, Tensor labels, float scale, int gradient)
    {
        int vector = Elementwise.Vector(logits.Width, logits);
        bool resident = CrossEntropyKernels.IsResident(logits.Type, vector, logits.Width);
        int threads = resident ? CrossEntropyKernels.ResidentThreads : CrossEntropyKernels.StreamingThreads;
        Launch(
            resident ? CrossEntropyKernels.Resident : CrossEntropyKernels.Streaming,
            resident ? CrossEntropyKernels.ResidentVariant : new KernelVariant(logits.Type, vector),
            logits.Rows,
            threads,
            CrossEntropyKernels.SharedBytes(threads),
            losses,
            logits,
            labels,
            logits.Width,
            scale,
            gradient);
    }
}
