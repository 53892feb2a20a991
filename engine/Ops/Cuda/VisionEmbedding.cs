using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>CLIP's input rows.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void VisionEmbeddingForward(Tensor x, Tensor patches, Tensor cls, Tensor positions)
    {
        int vector = Elementwise.Vector(x.Width, x, patches, cls, positions);
        LaunchRowSlices(
            VisionEmbeddingKernels.Forward,
            new KernelVariant(x.Type, vector),
            vector,
            RowSlices.Loads,
            x.Rows,
            x.Width,
            x,
            patches,
            cls,
            positions,
            checked((int)positions.Rows),
            x.Width);
    }

    internal override void VisionEmbeddingBackward(Tensor dpatches, Tensor dcls, Tensor dpositions, Tensor dx, bool accumulate)
    {
        int vector = Elementwise.Vector(dx.Width, dx, dpatches, dcls, dpositions);
        long tokens = dpositions.Rows;
        LaunchRowSlices(
            VisionEmbeddingKernels.Backward,
            new KernelVariant(dx.Type, vector),
            vector,
            loads: 1,
            tokens,
            dx.Width,
            dpatches,
            dcls,
            dpositions,
            dx,
            checked((int)(dx.Rows / tokens)),
            checked((int)tokens),
            dx.Width,
            accumulate ? 1 : 0);
    }
}
