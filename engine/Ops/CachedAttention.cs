using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>
/// Causal attention of new rows over a cache of keys and values, for generation: one row a sequence when decoding, many when a prompt is read. The same call gives the same bits every time on the
/// same device. On CUDA a single row's bits depend on the cache's capacity and on the number of sequences and multiprocessors: they say how many parts the keys are summed in.
/// </summary>
public static class CachedAttention
{
    /// <summary>
    /// Up to so many new rows of a sequence are few: each reads the cache by itself. With more rows and nothing cached before, <see cref="Attention.Forward"/> of the packed rows
    /// computes the same, faster.
    /// </summary>
    public const int FewRows = 8;

    /// <summary>Rotates the queries and keys of new rows in place, as <see cref="Rope"/> does, and puts keys and values into the cache, behind what is there.</summary>
    /// <param name="device">Where.</param>
    /// <param name="keys">The cache, <c>[sequences, kvHeads, capacity, headSize]</c>.</param>
    /// <param name="values">Likewise.</param>
    /// <param name="qkv">New rows, packed.</param>
    /// <param name="rotary">Angles and positions, or the default for rows that are not to be rotated.</param>
    /// <param name="cuSeqlens">Int32 <c>[sequences + 1]</c>: where each sequence's new rows begin.</param>
    /// <param name="past">Int32 <c>[sequences]</c>: rows in the cache before; with the new ones at most the capacity, as the caller has checked.</param>
    /// <param name="shape">Heads.</param>
    public static void Append(Device device, Tensor keys, Tensor values, Tensor qkv, Rotary rotary, Tensor cuSeqlens, Tensor past, AttentionShape shape)
    {
        Check(keys, values, qkv, cuSeqlens, past, shape);
        if (rotary.Cos.Exists)
        {
            Rope.Check(rotary, qkv.Rows, shape.HeadSize);
        }

        device.CachedAttentionAppend(keys, values, qkv, rotary, cuSeqlens, past, shape);
    }

    /// <summary>Computes the attention of new rows, which are in the cache already: row i of a sequence sees the cached rows 0 to past + i.</summary>
    /// <param name="device">Where.</param>
    /// <param name="o">Receives <c>[rows, heads headSize]</c>.</param>
    /// <param name="qkv">New rows, rotated; only the queries are read.</param>
    /// <param name="keys">The cache, <c>[sequences, kvHeads, capacity, headSize]</c>.</param>
    /// <param name="values">Likewise.</param>
    /// <param name="cuSeqlens">As for <see cref="Append"/>.</param>
    /// <param name="past">As for <see cref="Append"/>.</param>
    /// <param name="maxLength">The most new rows of a sequence, or more.</param>
    /// <param name="shape">Heads.</param>
    public static void Forward(Device device, Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, int maxLength, AttentionShape shape)
    {
        Check(keys, values, qkv, cuSeqlens, past, shape);
        Require.Is(o, qkv.Type, [qkv.Rows, shape.OutputSize]);
        device.CachedAttentionForward(o, qkv, keys, values, cuSeqlens, past, maxLength, shape);
    }

    /// <summary>Appends new rows and computes their attention in one: what <see cref="Append"/> and <see cref="Forward"/> do, but what is left in <paramref name="qkv"/> is undefined.</summary>
    /// <param name="device">Where.</param>
    /// <param name="o">Receives <c>[rows, heads headSize]</c>.</param>
    /// <param name="keys">The cache, <c>[sequences, kvHeads, capacity, headSize]</c>.</param>
    /// <param name="values">Likewise.</param>
    /// <param name="qkv">New rows, packed, not rotated.</param>
    /// <param name="rotary">As for <see cref="Append"/>.</param>
    /// <param name="cuSeqlens">As for <see cref="Append"/>.</param>
    /// <param name="past">As for <see cref="Append"/>.</param>
    /// <param name="maxLength">As for <see cref="Forward"/>.</param>
    /// <param name="shape">Heads.</param>
    public static void AppendForward(
        Device device, Tensor o, Tensor keys, Tensor values, Tensor qkv, Rotary rotary, Tensor cuSeqlens, Tensor past, int maxLength, AttentionShape shape)
    {
        Check(keys, values, qkv, cuSeqlens, past, shape);
        Require.Is(o, qkv.Type, [qkv.Rows, shape.OutputSize]);
        if (rotary.Cos.Exists)
        {
            Rope.Check(rotary, qkv.Rows, shape.HeadSize);
        }

        device.CachedAttentionAppendForward(o, keys, values, qkv, rotary, cuSeqlens, past, maxLength, shape);
    }

    private static void Check(Tensor keys, Tensor values, Tensor qkv, Tensor cuSeqlens, Tensor past, AttentionShape shape)
    {
        Require.Matrix(qkv);
        Require.Is(qkv, [qkv.Rows, shape.QkvSize]);
        Require.Is(past, DType.I32, [past.Rows]);
        Require.Is(cuSeqlens, DType.I32, [past.Rows + 1]);
        Require.Is(keys, qkv.Type, [past.Rows, shape.KvHeads, keys.Shape[2], shape.HeadSize]);
        Require.Is(values, qkv.Type, [past.Rows, shape.KvHeads, keys.Shape[2], shape.HeadSize]);
    }
}
