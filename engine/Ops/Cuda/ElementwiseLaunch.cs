using LlavaCuda.Ops.Cuda;

namespace LlavaCuda.Devices;

/// <content>How kernels of <c>elementwise.cuh</c> are launched.</content>
public sealed unsafe partial class CudaDevice
{
    /// <summary>Launches over <paramref name="count"/> elements; arguments are the kernel's, the count last. Instances are storage type and vector width.</summary>
    private void LaunchElementwise(KernelTemplate template, KernelVariant variant, int vector, long count, params ReadOnlySpan<KernelArgument> arguments) =>
        Launch(template, variant, LaunchGrid.Cover(count, (long)Elementwise.Threads * Elementwise.Loads * vector), Elementwise.Threads, 0, arguments);
}
