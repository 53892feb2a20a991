using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernel of <c>cast.cu</c>: of to, from, and how many elements a thread moves at once, 4 being 16 bytes of single precision and 8 of bf16.</summary>
internal static class CastKernels
{
    internal static readonly KernelTemplate Forward = new(
        "cast",
        "cast_forward",
        new KernelVariant(DType.BF16, DType.F32, 1),
        new KernelVariant(DType.BF16, DType.F32, 4),
        new KernelVariant(DType.F32, DType.BF16, 1),
        new KernelVariant(DType.F32, DType.BF16, 4));
}
