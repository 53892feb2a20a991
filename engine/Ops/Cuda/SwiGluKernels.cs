using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>swiglu.cu</c>.</summary>
internal static class SwiGluKernels
{
    internal static readonly KernelTemplate Forward = new("swiglu", "swiglu_forward", Elementwise.Instances);

    internal static readonly KernelTemplate Backward = new("swiglu", "swiglu_backward", Elementwise.Instances);
}
