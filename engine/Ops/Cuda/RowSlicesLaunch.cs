using LlavaCuda.Ops.Cuda;

namespace LlavaCuda.Devices;

/// <content>How kernels of <c>row_slices.cuh</c> are launched.</content>
public sealed unsafe partial class CudaDevice
{
    /// <summary>Launches a block for every row and slice of columns. Instances are storage type and vector width; a thread has <paramref name="loads"/> vectors of the row.</summary>
    private void LaunchRowSlices(KernelTemplate template, KernelVariant variant, int vector, int loads, long rows, long width, params ReadOnlySpan<KernelArgument> arguments)
    {
        long slices = LaunchGrid.Cover(width, (long)RowSlices.Threads * loads * vector);
        Launch(template, variant, new LaunchGrid(rows, checked((int)slices)), RowSlices.Threads, 0, arguments);
    }
}
