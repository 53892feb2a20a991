using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Token embedding and image splice.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void EmbeddingForward(Tensor x, Tensor table, Tensor images, Tensor source)
    {
        int vector = Elementwise.Vector(x.Width, x, table, images);
        LaunchRowSlices(EmbeddingKernels.Forward, new KernelVariant(x.Type, vector), vector, RowSlices.Loads, x.Rows, x.Width, x, table, images, source, x.Width);
    }

    internal override void EmbeddingBackward(Tensor dtable, Tensor dx, Tensor ids, Tensor starts, Tensor rows, bool accumulate)
    {
        if (!accumulate)
        {
            FillForward(dtable, 0);
        }

        int vector = Elementwise.Vector(dx.Width, dx, dtable);
        LaunchRowSlices(
            EmbeddingKernels.Backward,
            new KernelVariant(dx.Type, vector),
            vector,
            loads: 1,
            ids.Rows,
            dx.Width,
            dtable,
            dx,
            ids,
            starts,
            rows,
            dx.Width,
            accumulate ? 1 : 0);
    }
}
