using LlavaCuda.Tensors;

namespace LlavaCuda.Ops.Cuda;

/// <summary>
/// Which tiles the tensor-core kernels have for a head size, largest first. 32 rows a warp read half as much from shared memory for a product as 16, and that is what bounds these kernels
/// on data center GPUs; but two blocks must fit on a multiprocessor, so that one computes while the other waits. Registers allow no more than two.
/// </summary>
internal static class AttentionTiles
{
    // What the driver takes of each block's shared memory.
    private const int ReservedBytes = 1 << 10;

    internal static readonly AttentionTile[] Forward =
    [
        AttentionTile.Forward(128, 128, 64),
        AttentionTile.Forward(128, 64, 32),
        AttentionTile.Forward(80, 128, 64),
        AttentionTile.Forward(64, 128, 64),
        AttentionTile.Forward(32, 128, 64),
    ];

    internal static readonly AttentionTile[] QueryGradient =
    [
        AttentionTile.QueryGradient(128, 128, 32),
        AttentionTile.QueryGradient(128, 64, 32),
        AttentionTile.QueryGradient(80, 128, 32),
        AttentionTile.QueryGradient(64, 128, 32),
        AttentionTile.QueryGradient(32, 128, 32),
    ];

    internal static readonly AttentionTile[] KeyGradient =
    [
        AttentionTile.KeyGradient(128, 64, 64),
        AttentionTile.KeyGradient(128, 32, 64),
        AttentionTile.KeyGradient(80, 64, 64),
        AttentionTile.KeyGradient(64, 32, 128),
        AttentionTile.KeyGradient(32, 32, 128),
    ];

    /// <summary>Whether the tensor-core kernels can be used: bf16, one of their head sizes, and tensors that are aligned for copies of 16 bytes. Then so is every head of every row.</summary>
    /// <param name="headSize">Width of a head.</param>
    /// <param name="tensors">An activation first; those that do not exist are left out.</param>
    internal static bool Fit(int headSize, params ReadOnlySpan<Tensor> tensors)
    {
        foreach (Tensor tensor in tensors)
        {
            if (tensor.Address % 16 != 0)
            {
                return false;
            }
        }

        return tensors[0].Type == DType.BF16 && headSize is (32 or 64 or 80 or 128);
    }

    /// <summary>Chooses a tile: the first of which two blocks fit on a multiprocessor, else the smallest.</summary>
    /// <param name="tiles">One of the tables.</param>
    /// <param name="headSize">One of the table's.</param>
    /// <param name="sharedBytes">The most shared memory that a block may have: what a multiprocessor has, less what is reserved for the block.</param>
    internal static AttentionTile Choose(AttentionTile[] tiles, int headSize, int sharedBytes)
    {
        AttentionTile chosen = default;
        foreach (AttentionTile tile in tiles)
        {
            if (tile.HeadSize == headSize)
            {
                chosen = tile;
                if (2 * (tile.SharedBytes + ReservedBytes) <= sharedBytes + ReservedBytes)
                {
                    break;
                }
            }
        }

        return chosen;
    }
}
