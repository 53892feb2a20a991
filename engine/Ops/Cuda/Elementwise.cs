using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The numbers of <c>elementwise.cuh</c>, and how many elements a thread loads at once.</summary>
internal static class Elementwise
{
    internal const int Threads = 256;
    internal const int Loads = 4;
    private const int VectorBytes = 16;

    /// <summary>Gets the instances of a kernel on storage type and vector width: both types, one element or 16 bytes.</summary>
    internal static KernelVariant[] Instances { get; } = [new(DType.F32, 1), new(DType.F32, 4), new(DType.BF16, 1), new(DType.BF16, 8)];

    /// <summary>Chooses 16-byte loads where they are possible.</summary>
    /// <param name="width">What the vector must divide: all elements of a flat op, a row's of an op on rows.</param>
    /// <param name="tensors">The first one's type decides, all must be aligned; those that do not exist are left out.</param>
    /// <returns>4 (single precision), 8 (bf16) or 1.</returns>
    internal static int Vector(long width, params ReadOnlySpan<Tensor> tensors)
    {
        int vector = VectorBytes / tensors[0].Type.Size();
        if (width % vector != 0)
        {
            return 1;
        }

        foreach (Tensor tensor in tensors)
        {
            if (tensor.Address % VectorBytes != 0)
            {
                return 1;
            }
        }

        return vector;
    }
}
