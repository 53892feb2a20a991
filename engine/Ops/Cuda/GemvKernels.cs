using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>gemv.cu</c>: products with few rows, which cost what reading the weights costs.</summary>
internal static class GemvKernels
{
    /// <summary>The outputs that a block makes.</summary>
    internal const int Outputs = 16;

    /// <summary>The threads of a block.</summary>
    internal const int Threads = 32 * Warps;

    /// <summary>The shared memory of a block: the sums of all warps, padded as <c>gemv.cu</c> says.</summary>
    internal const int SharedBytes = Warps * MostRows * PaddedOutputs * sizeof(float);

    private const int Warps = 8;
    private const int PaddedOutputs = 20;
    private const int MostRows = 8;
    private const int VectorBytes = 16;

    /// <summary>The product in bf16, on tensor cores.</summary>
    internal static readonly KernelTemplate Mma = new("gemv", "gemv_mma", KernelVariant.Of(Warps));

    /// <summary>The product in single precision.</summary>
    internal static readonly KernelTemplate Fma = new("gemv", "gemv_fma", KernelVariant.Of(1), KernelVariant.Of(2), KernelVariant.Of(4), KernelVariant.Of(8));

    /// <summary>Gets the instance for bf16.</summary>
    internal static KernelVariant MmaVariant => KernelVariant.Of(Warps);

    /// <summary>Chooses the instance for single precision.</summary>
    internal static KernelVariant FmaVariant(long rows) => KernelVariant.Of(rows > 4 ? 8 : rows > 2 ? 4 : (int)rows);

    /// <summary>Tells whether these kernels can compute <c>y = x Wᵀ</c>: few rows, one type, and weights that can be read in 16 bytes.</summary>
    internal static bool Fit(Tensor y, Tensor x, Tensor w) =>
        x.Rows <= MostRows
        && y.Type == x.Type && w.Type == x.Type
        && w.Width * w.Type.Size() % VectorBytes == 0
        && w.Address % VectorBytes == 0
        && x.Address % VectorBytes == 0;
}
