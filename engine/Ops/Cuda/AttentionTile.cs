using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>How many rows the blocks of one tensor-core instance have in shared memory at a time.</summary>
/// <param name="HeadSize">The head size that it is for.</param>
/// <param name="Queries">Queries of a tile.</param>
/// <param name="Keys">Keys of a tile.</param>
/// <param name="SharedBytes">Dynamic shared memory of a block.</param>
internal readonly record struct AttentionTile(int HeadSize, int Queries, int Keys, int SharedBytes)
{
    /// <summary>Gets the template arguments.</summary>
    internal KernelVariant Variant => KernelVariant.Of(HeadSize, Queries, Keys);

    /// <summary>A tile of the forward pass: queries, and one tile of keys and of values.</summary>
    internal static AttentionTile Forward(int headSize, int queries, int keys) => new(headSize, queries, keys, Rows(queries + (2 * keys), headSize));

    /// <summary>A tile of dQ: queries with their output gradients, and two tiles of keys and of values.</summary>
    internal static AttentionTile QueryGradient(int headSize, int queries, int keys) => new(headSize, queries, keys, Rows((2 * queries) + (4 * keys), headSize));

    /// <summary>A tile of dK and dV: keys and values, and two tiles of queries with their output gradients, lse and δ.</summary>
    internal static AttentionTile KeyGradient(int headSize, int queries, int keys) =>
        new(headSize, queries, keys, Rows((2 * keys) + (4 * queries), headSize) + (4 * queries * sizeof(float)));

    // Rows of bf16, padded by 16 bytes: TILE_PITCH of attention_tiles.cuh.
    private static int Rows(int rows, int headSize) => rows * (headSize + 8) * 2;
}
