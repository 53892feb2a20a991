using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>cross_entropy.cu</c>.</summary>
internal static class CrossEntropyKernels
{
    internal const int ResidentThreads = 256;
    internal const int StreamingThreads = 512;
    private const int ResidentVector = 8;
    private const int ResidentVectors = 16;

    /// <summary>The row in registers: for bf16 only, single precision would take too many.</summary>
    internal static readonly KernelTemplate Resident = new("cross_entropy", "cross_entropy_resident", ResidentVariant);

    internal static readonly KernelTemplate Streaming = new("cross_entropy", "cross_entropy_streaming", Elementwise.Instances);

    internal static KernelVariant ResidentVariant => new(DType.BF16, ResidentVector, ResidentVectors);

    /// <summary>Whether rows fit into the registers of a block.</summary>
    internal static bool IsResident(DType type, int vector, long width) => type == DType.BF16 && vector == ResidentVector && width <= ResidentThreads * ResidentVector * ResidentVectors;

    /// <summary>The shared memory of two sums over a block.</summary>
    internal static int SharedBytes(int threads) => 2 * (threads / 32) * sizeof(float);
}
