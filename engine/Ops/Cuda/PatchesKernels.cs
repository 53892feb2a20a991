using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernel of <c>patches.cu</c>.</summary>
internal static class PatchesKernels
{
    internal const int Threads = 128;

    internal static readonly KernelTemplate Forward = new("patches", "patches_forward", Elementwise.Instances);
}
