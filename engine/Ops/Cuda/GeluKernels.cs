using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>gelu.cu</c>.</summary>
internal static class GeluKernels
{
    internal static readonly KernelTemplate Forward = new("gelu", "gelu_forward", Elementwise.Instances);

    internal static readonly KernelTemplate Backward = new("gelu", "gelu_backward", Elementwise.Instances);
}
