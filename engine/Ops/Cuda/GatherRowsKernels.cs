using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>gather_rows.cu</c>.</summary>
internal static class GatherRowsKernels
{
    internal static readonly KernelTemplate Forward = new("gather_rows", "gather_rows_forward", Elementwise.Instances);

    internal static readonly KernelTemplate Backward = new("gather_rows", "gather_rows_backward", Elementwise.Instances);
}
