using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Pictures as rows of patches.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void PatchesForward(Tensor columns, Tensor pixels, int patchSize)
    {
        KernelVariant variant = new(columns.Type, Elementwise.Vector(columns.Width, columns));
        int grid = checked((int)(pixels.Shape[3] / patchSize));
        Launch(PatchesKernels.Forward, variant, columns.Rows, PatchesKernels.Threads, 0, columns, pixels, grid, patchSize, checked((int)columns.Width));
    }
}
