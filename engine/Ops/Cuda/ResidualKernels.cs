using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernel of <c>residual.cu</c>.</summary>
internal static class ResidualKernels
{
    internal static readonly KernelTemplate Add = new("residual", "residual_add", Elementwise.Instances);
}
