using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernel of <c>fill.cu</c>.</summary>
internal static class FillKernels
{
    internal static readonly KernelTemplate Forward = new("fill", "fill_forward", Elementwise.Instances);
}
