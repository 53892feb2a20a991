using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernels of <c>cached_attention.cu</c>, <c>cached_attention_decode.cu</c>, <c>cached_attention_tiles.cu</c> and <c>cached_attention_simt.cu</c>, and how heads of some size are laid out over threads.</summary>
internal static class CachedAttentionKernels
{
    /// <summary>Threads of a block that appends, or that attends for one row a sequence.</summary>
    internal const int Threads = 128;

    /// <summary>Splits of a sequence's keys, at most: <c>DECODE_SPLITS</c> of the kernel, which has no room to join more.</summary>
    internal const int MaxSplits = 128;

    /// <summary>Steps of a split that is worth a block, at least: with fewer, joining splits takes longer than what they save.</summary>
    internal const int LeastSteps = 4;

    private const int MaxHeadSize = 256;
    private const int Warps = Threads / 32;
    private const int Keys = 4;
    private const int GroupedHeads = 4;

    // Elements of a load, threads of a key, loads of a thread.
    private static readonly (DType Type, int Vector, int Lanes, int Vectors)[] Layouts =
    [
        (DType.BF16, 8, 8, 1), (DType.BF16, 8, 16, 1), (DType.BF16, 8, 32, 1), (DType.BF16, 1, 32, 8), (DType.F32, 4, 32, 2), (DType.F32, 1, 32, 8),
    ];

    /// <summary>Tiles of many rows, small ones: what is read onto a cache is mostly short, and more blocks find work.</summary>
    internal static readonly AttentionTile[] TilesOfMany =
        [AttentionTile.Forward(32, 64, 64), AttentionTile.Forward(64, 64, 64), AttentionTile.Forward(80, 64, 64), AttentionTile.Forward(128, 64, 64)];

    /// <summary>Storage and elements that a thread rotates or copies at once.</summary>
    internal static readonly KernelTemplate Append = new("cached_attention", "cached_append", Elementwise.Instances);

    /// <summary>Storage, elements of a load, threads of a key, loads of a thread, query heads of a block.</summary>
    internal static readonly KernelTemplate Decode = new("cached_attention_decode", "cached_attention_decode", Layouts.SelectMany(static l =>
        (l.Vector == 1 ? [1] : (int[])[1, GroupedHeads]).Select(heads => new KernelVariant(l.Type, l.Vector, l.Lanes, l.Vectors, heads))));

    /// <summary>Head size, queries and keys of a tile.</summary>
    internal static readonly KernelTemplate Tiles = new("cached_attention_tiles", "cached_attention_tiles", TilesOfMany.Select(static t => t.Variant));

    /// <summary>Storage.</summary>
    internal static readonly KernelTemplate Simt = new("cached_attention_simt", "cached_attention_simt", new KernelVariant(DType.F32), new KernelVariant(DType.BF16));

    /// <summary>Chooses the kernel for one row a sequence and heads of some size.</summary>
    /// <param name="type">Storage.</param>
    /// <param name="vector">Elements of a load.</param>
    /// <param name="headSize">Elements of a head.</param>
    /// <param name="group">Query heads of a key-value head.</param>
    /// <returns>The instance, the query heads that a block takes, the keys of a block's step, and its shared memory.</returns>
    internal static (KernelVariant Variant, int Heads, int Step, int SharedBytes) DecodeFor(DType type, int vector, int headSize, int group)
    {
        // Heads that are loaded element by element are no usual ones: each reads keys and values for itself, for several would not fit into a thread's registers.
        int heads = group == 1 || vector == 1 ? 1 : GroupedHeads;
        foreach ((DType layoutType, int layoutVector, int lanes, int vectors) in Layouts)
        {
            if (layoutType == type && layoutVector == vector && lanes * vectors * vector >= headSize)
            {
                // Two steps of keys and values on their way, 16 bytes a load; then the warps' results; then, to join splits, each warp's weights, a word for the block, and a result a warp.
                const int Copies = 2 * 2 * Keys * Threads * 16;
                int copies = vector > 1 ? Copies * vectors : 0;
                int results = Warps * heads * (headSize + 2) * sizeof(float);
                int joining = ((Warps * (MaxSplits + headSize + 2)) + 4) * sizeof(float);
                int shared = Math.Max(copies, Math.Max(results, joining));
                return (new KernelVariant(type, vector, lanes, vectors, heads), heads, Threads / lanes * Keys, shared);
            }
        }

        throw new ArgumentException($"Heads have {headSize} elements; a single row over a cache takes up to {MaxHeadSize} on this device.");
    }
}
