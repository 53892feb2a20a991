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
        int vector = shape.HeadSize % 2 == 0 ? Elementwise.Vector(half, qkv, keys, values, rotary.Cos, rotary.Sin) : 1;
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
            AttendOneRow(o, keys, values, qkv, default, cuSeqlens, past, append: false, shape);
        }
        else
        {
            AttendRows(o, qkv, keys, values, cuSeqlens, past, maxLength, shape);
        }
    }

    internal override void CachedAttentionAppendForward(
        Tensor o, Tensor keys, Tensor values, Tensor qkv, Rotary rotary, Tensor cuSeqlens, Tensor past, int maxLength, AttentionShape shape)
    {
        if (maxLength <= 1)
        {
            AttendOneRow(o, keys, values, qkv, rotary, cuSeqlens, past, append: true, shape);
        }
        else
        {
            base.CachedAttentionAppendForward(o, keys, values, qkv, rotary, cuSeqlens, past, maxLength, shape);
        }
    }

    // How many splits there are depends on what does not change from token to token, so that a captured graph stays right: the capacity, the batch and the device's size. So do a result's bits,
    // for the order of sums is that of the splits.
    private void AttendOneRow(Tensor o, Tensor keys, Tensor values, Tensor qkv, Rotary rotary, Tensor cuSeqlens, Tensor past, bool append, AttentionShape shape)
    {
        using CudaCall call = BeginCall();
        int group = shape.Heads / shape.KvHeads;

        // Where halves of a head are rotated with each other, a load must not reach beyond its half.
        int vector = Elementwise.Vector(rotary.Cos.Exists ? shape.HeadSize / 2 : shape.HeadSize, qkv, keys, values, rotary.Cos, rotary.Sin, o);
        (KernelVariant variant, int heads, int step, int sharedBytes) = CachedAttentionKernels.DecodeFor(qkv.Type, vector, shape.HeadSize, group);
        int capacity = (int)keys.Shape[2];
        int parts = shape.KvHeads * (int)LaunchGrid.Cover(group, heads);
        long blocks = past.Rows * parts;
        long most = Math.Min(CachedAttentionKernels.MaxSplits, LaunchGrid.Cover(capacity, CachedAttentionKernels.LeastSteps * step));
        int splits = (int)Math.Clamp((long)SplitBlocks * Multiprocessors / Math.Max(blocks, 1), 1, most);
        long partials = past.Rows * shape.Heads * splits;
        nint sums = Workspace(partials * (shape.HeadSize + 2) * sizeof(float));
        nint statistics = sums + (nint)(partials * shape.HeadSize * sizeof(float));
        Launch(
            CachedAttentionKernels.Decode,
            variant,
            new LaunchGrid(splits, parts, (int)past.Rows),
            CachedAttentionKernels.Threads,
            sharedBytes,
            o,
            keys,
            values,
            Tickets(blocks),
            sums,
            statistics,
            qkv,
            rotary.Cos,
            rotary.Sin,
            rotary.Positions,
            cuSeqlens,
            past,
            append ? 1 : 0,
            shape.Heads,
            shape.KvHeads,
            shape.HeadSize,
            capacity,
            shape.Scale * Log2E);
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
