using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Attention over a cache of keys and values.</content>
public sealed unsafe partial class CudaDevice
{
    // Blocks of a multiprocessor that keep enough bytes under way.
    private const int SplitBlocks = 4;

    internal override void CachedAttentionAppend(Tensor keys, Tensor values, Tensor qkv, Rotary rotary, Tensor cuSeqlens, Tensor past, AttentionShape shape)
    {
        int half = (shape.HeadSize + 1) / 2;
        int vector = shape.HeadSize % 2 != 0 ? 1
            : rotary.Cos.Exists ? Elementwise.Vector(half, qkv, keys, values, rotary.Cos, rotary.Sin)
            : Elementwise.Vector(half, qkv, keys, values);
        long items = (long)(shape.Heads + (2 * shape.KvHeads)) * (half / vector);
        Launch(
            CachedAttentionKernels.Append,
            new KernelVariant(qkv.Type, vector),
            new LaunchGrid(qkv.Rows, (int)LaunchGrid.Cover(items, CachedAttentionKernels.Threads)),
            CachedAttentionKernels.Threads,
            0,
            keys,
            values,
            qkv,
            rotary.Cos,
            rotary.Sin,
            rotary.Positions,
            cuSeqlens,
            past,
            (int)past.Rows,
            shape.Heads,
            shape.KvHeads,
            shape.HeadSize,
            (int)keys.Shape[2]);
    }

    internal override void CachedAttentionForward(Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, int maxLength, AttentionShape shape)
    {
        if (maxLength <= 1)
        {
            AttendOneRow(o, qkv, keys, values, cuSeqlens, past, shape);
        }
        else
        {
            AttendRows(o, qkv, keys, values, cuSeqlens, past, maxLength, shape);
        }
    }

    // How many splits there are depends on what does not change from token to token, so that a captured graph stays right.
    private void AttendOneRow(Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, AttentionShape shape)
    {
        int group = shape.Heads / shape.KvHeads;
        int vector = Elementwise.Vector(shape.HeadSize, qkv, keys, values);
        (KernelVariant variant, int heads, int step, int sharedBytes) = CachedAttentionKernels.SplitFor(qkv.Type, vector, shape.HeadSize, group);
        int capacity = (int)keys.Shape[2];
        long blocks = past.Rows * shape.KvHeads * LaunchGrid.Cover(group, heads);
        int splits = (int)Math.Clamp((long)SplitBlocks * Multiprocessors / Math.Max(blocks, 1), 1, Math.Min(CachedAttentionKernels.MaxSplits, LaunchGrid.Cover(capacity, step)));
        long partials = past.Rows * shape.Heads * splits;
        nint sums = Workspace(partials * (shape.HeadSize + 2) * sizeof(float));
        nint statistics = sums + (nint)(partials * shape.HeadSize * sizeof(float));
        Launch(
            CachedAttentionKernels.Split,
            variant,
            new LaunchGrid(splits, (int)(blocks / Math.Max(past.Rows, 1)), (int)past.Rows),
            CachedAttentionKernels.Threads,
            sharedBytes,
            sums,
            statistics,
            qkv,
            keys,
            values,
            cuSeqlens,
            past,
            shape.Heads,
            shape.KvHeads,
            shape.HeadSize,
            capacity,
            shape.Scale * Log2E);
        Launch(
            CachedAttentionKernels.Combine,
            new KernelVariant(o.Type),
            past.Rows * shape.Heads,
            CachedAttentionKernels.Threads,
            CachedAttentionKernels.CombineSharedBytes,
            o,
            sums,
            statistics,
            cuSeqlens,
            past,
            shape.Heads,
            shape.HeadSize,
            splits,
            step);
    }

    private void AttendRows(Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, int maxLength, AttentionShape shape)
    {
        if (AttentionTiles.Fit(shape.HeadSize, o, qkv, keys, values))
        {
            AttentionTile tile = AttentionTiles.Choose(CachedAttentionKernels.TilesOfMany, shape.HeadSize, SharedBytesLimit);
            Launch(
                CachedAttentionKernels.Tiles,
                tile.Variant,
                AttentionGrid(cuSeqlens, maxLength, tile.Queries, shape.Heads),
                AttentionKernels.Threads,
                tile.SharedBytes,
                o,
                qkv,
                keys,
                values,
                cuSeqlens,
                past,
                shape.Heads,
                shape.KvHeads,
                (int)keys.Shape[2],
                shape.Scale * Log2E);
        }
        else
        {
            Launch(
                CachedAttentionKernels.Simt,
                new KernelVariant(qkv.Type),
                AttentionGrid(cuSeqlens, maxLength, AttentionKernels.SimtRows, shape.Heads, SimtSlices(shape)),
                AttentionKernels.SimtThreads,
                AttentionKernels.SimtSharedBytes,
                o,
                qkv,
                keys,
                values,
                cuSeqlens,
                past,
                shape.Heads,
                shape.KvHeads,
                shape.HeadSize,
                (int)keys.Shape[2],
                shape.Scale * Log2E);
        }
    }
}
