using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>cached_attention.cu</c> and how heads of some size are laid out over their threads.</summary>
internal static class CachedAttentionKernels
{
    /// <summary>Threads of every kernel's block.</summary>
    internal const int Threads = 128;

    /// <summary>The most elements of a head.</summary>
    internal const int MaxHeadSize = 256;

    /// <summary>Queries of a tile of many rows, and keys too.</summary>
    internal const int Tile = 32;

    /// <summary>Splits of a sequence's keys, at most.</summary>
    internal const int MaxSplits = 128;

    private const int KeysUnderWay = 4;
    private const int GroupedHeads = 4;

    // Elements of a load, threads of a key, loads of a thread.
    private static readonly (DType Type, int Vector, int Lanes, int Vectors)[] Layouts =
    [
        (DType.BF16, 8, 8, 1), (DType.BF16, 8, 16, 1), (DType.BF16, 8, 32, 1), (DType.BF16, 1, 32, 8), (DType.F32, 4, 32, 2), (DType.F32, 1, 32, 8),
    ];

    /// <summary>Storage and elements that a thread rotates or copies at once.</summary>
    internal static readonly KernelTemplate Append = new("cached_attention", "cached_append", Elementwise.Instances);

    /// <summary>Storage, elements of a load, threads of a key, loads of a thread, query heads of a block.</summary>
    internal static readonly KernelTemplate Split = new("cached_attention", "cached_attention_split", Layouts.SelectMany(static l =>
        (KernelVariant[])[new(l.Type, l.Vector, l.Lanes, l.Vectors, 1), new(l.Type, l.Vector, l.Lanes, l.Vectors, GroupedHeads)]));

    /// <summary>Storage.</summary>
    internal static readonly KernelTemplate Combine = new("cached_attention", "cached_attention_combine", new KernelVariant(DType.F32), new KernelVariant(DType.BF16));

    /// <summary>Storage, elements of a load, and columns of an output in chunks of 32.</summary>
    internal static readonly KernelTemplate Rows = new("cached_attention", "cached_attention_rows", new DType[] { DType.F32, DType.BF16 }.SelectMany(static t =>
        (KernelVariant[])[new(t, 1, 4), new(t, 1, 8), new(t, 4, 4), new(t, 4, 8)]));

    /// <summary>Chooses the split kernel for heads of some size.</summary>
    /// <param name="type">Storage.</param>
    /// <param name="vector">Elements of a load.</param>
    /// <param name="headSize">Elements of a head.</param>
    /// <param name="group">Query heads of a key-value head.</param>
    /// <returns>The instance, the query heads that a block takes, and the keys of a block's step.</returns>
    internal static (KernelVariant Variant, int Heads, int Step) SplitFor(DType type, int vector, int headSize, int group)
    {
        int heads = group == 1 ? 1 : GroupedHeads;
        foreach ((DType layoutType, int layoutVector, int lanes, int vectors) in Layouts)
        {
            if (layoutType == type && layoutVector == vector && lanes * vectors * vector >= headSize)
            {
                return (new KernelVariant(type, vector, lanes, vectors, heads), heads, Threads / lanes * KeysUnderWay);
            }
        }

        throw new ArgumentException($"Heads have {headSize} elements; attention over a cache takes up to {MaxHeadSize} on this device.");
    }
}
