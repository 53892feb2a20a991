using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>quick_gelu.cu</c>.</summary>
internal static class QuickGeluKernels
{
    internal static readonly KernelTemplate Forward = new("quick_gelu", "quick_gelu_forward", Elementwise.Instances);

    internal static readonly KernelTemplate Backward = new("quick_gelu", "quick_gelu_backward", Elementwise.Instances);
}
