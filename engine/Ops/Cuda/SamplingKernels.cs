using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernel of <c>sampling.cu</c>.</summary>
internal static class SamplingKernels
{
    /// <summary>Threads of a block.</summary>
    internal const int Threads = 1024;

    /// <summary>The size of <c>Search</c>: three tables of 2048 words, two numbers a warp, what was asked for and what was found.</summary>
    internal const int SharedBytes = (3 * 2048 * sizeof(int)) + (2 * 32 * sizeof(long)) + (8 * sizeof(long));

    /// <summary>Storage and elements of a load.</summary>
    internal static readonly KernelTemplate Forward = new("sampling", "sampling_forward", Elementwise.Instances);
}
