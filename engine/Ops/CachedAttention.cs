using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>Causal attention of new rows over a cache of keys and values, for generation: one row a sequence when decoding, many when a prompt is read.</summary>
public static class CachedAttention
{
    /// <summary>Puts the keys and values of new rows into the cache, behind what is there.</summary>
    /// <param name="device">Where.</param>
    /// <param name="keys">The cache, <c>[sequences, kvHeads, capacity, headSize]</c>.</param>
    /// <param name="values">Likewise.</param>
    /// <param name="qkv">New rows, packed, rotated.</param>
    /// <param name="cuSeqlens">Int32 <c>[sequences + 1]</c>: where each sequence's new rows begin.</param>
    /// <param name="past">Int32 <c>[sequences]</c>: rows in the cache before; with the new ones at most the capacity, as the caller has checked.</param>
    /// <param name="shape">Heads.</param>
    public static void Append(Device device, Tensor keys, Tensor values, Tensor qkv, Tensor cuSeqlens, Tensor past, AttentionShape shape)
    {
        Check(keys, values, qkv, cuSeqlens, past, shape);
        device.CachedAttentionAppend(keys, values, qkv, cuSeqlens, past, shape);
    }

    /// <summary>Computes the attention of new rows, which are in the cache already: row i of a sequence sees the cached rows 0 to past + i.</summary>
    /// <param name="device">Where.</param>
    /// <param name="o">Receives <c>[rows, heads headSize]</c>.</param>
    /// <param name="qkv">New rows; only the queries are read.</param>
    /// <param name="keys">The cache, <c>[sequences, kvHeads, capacity, headSize]</c>.</param>
    /// <param name="values">Likewise.</param>
    /// <param name="cuSeqlens">As for <see cref="Append"/>.</param>
    /// <param name="past">As for <see cref="Append"/>.</param>
    /// <param name="shape">Heads.</param>
    public static void Forward(Device device, Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, AttentionShape shape)
    {
        Check(keys, values, qkv, cuSeqlens, past, shape);
        Require.Is(o, [qkv.Rows, shape.OutputSize]);
        device.CachedAttentionForward(o, qkv, keys, values, cuSeqlens, past, shape);
    }

    private static void Check(Tensor keys, Tensor values, Tensor qkv, Tensor cuSeqlens, Tensor past, AttentionShape shape)
    {
        Require.Matrix(qkv);
        Require.Is(qkv, [qkv.Rows, shape.QkvSize]);
        Require.Is(past, DType.I32, [past.Rows]);
        Require.Is(cuSeqlens, DType.I32, [past.Rows + 1]);
        Require.Is(keys, [past.Rows, shape.KvHeads, keys.Shape[2], shape.HeadSize]);
        Require.Is(values, [past.Rows, shape.KvHeads, keys.Shape[2], shape.HeadSize]);
    }
}
