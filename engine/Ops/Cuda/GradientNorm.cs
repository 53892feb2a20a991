using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Norm of the gradients.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void GradientNormForward(Tensor result, Tensor gradients, float maxNorm)
    {
        using CudaCall call = BeginCall();
        long blocks = LaunchGrid.Cover(gradients.Count, GradientNormKernels.Chunk);
        nint partials = Workspace(blocks * sizeof(double));
        Launch(
            GradientNormKernels.Squares, KernelVariant.Of(Elementwise.Vector(gradients.Count, gradients)), blocks, GradientNormKernels.Threads,
            GradientNormKernels.Threads * sizeof(double), partials, gradients, gradients.Count);
        Launch(
            GradientNormKernels.Final, KernelVariant.Of(GradientNormKernels.FinalThreads), 1, GradientNormKernels.FinalThreads, GradientNormKernels.FinalThreads * sizeof(double),
            result, partials, blocks, maxNorm);
    }
}
