using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>One method an op direction. Meaning and checked arguments: the class of the op's name in <c>Ops</c>; only those classes call these.</content>
public abstract partial class Device
{
    internal abstract void LinearForward(Tensor y, Tensor x, Tensor w, Tensor bias);

    internal abstract void LinearBackwardInput(Tensor dx, Tensor dy, Tensor w, bool accumulate);

    internal abstract void LinearBackwardWeight(Tensor dw, Tensor dy, Tensor x, bool accumulate);

    internal abstract void ColumnSumBackward(Tensor db, Tensor dy, bool accumulate);

    internal abstract void RmsNormForward(Tensor y, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, float epsilon);

    internal abstract void RmsNormBackward(Tensor dres, Tensor dw, Tensor y, Tensor dy, Tensor x, Tensor rstd, Tensor w, bool accumulate);

    internal abstract void LayerNormForward(Tensor y, Tensor mean, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, Tensor b, float epsilon);

    internal abstract void LayerNormBackward(Tensor dres, Tensor dw, Tensor db, Tensor y, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor w, Tensor b, bool accumulate);

    internal abstract void ResidualAdd(Tensor x, Tensor delta);

    internal abstract void RopeForward(Tensor qkv, Rotary rotary, AttentionShape shape);

    internal abstract void AttentionForward(Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape);

    internal abstract void AttentionBackward(Tensor dqkv, Tensor dO, Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape, Rotary rotary);

    internal abstract void CachedAttentionAppend(Tensor keys, Tensor values, Tensor qkv, Rotary rotary, Tensor cuSeqlens, Tensor past, AttentionShape shape);

    internal abstract void CachedAttentionForward(Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, int maxLength, AttentionShape shape);

    internal virtual void CachedAttentionAppendForward(
        Tensor o, Tensor keys, Tensor values, Tensor qkv, Rotary rotary, Tensor cuSeqlens, Tensor past, int maxLength, AttentionShape shape)
    {
        CachedAttentionAppend(keys, values, qkv, rotary, cuSeqlens, past, shape);
        CachedAttentionForward(o, qkv, keys, values, cuSeqlens, past, maxLength, shape);
    }

    internal abstract void SwiGluForward(Tensor h, Tensor gateUp);

    internal abstract void SwiGluBackward(Tensor gateUp, Tensor h, Tensor dh);

    internal abstract void GeluForward(Tensor y, Tensor x);

    internal abstract void GeluBackward(Tensor dx, Tensor dy, Tensor x);

    internal abstract void QuickGeluForward(Tensor y, Tensor x);

    internal abstract void QuickGeluBackward(Tensor dx, Tensor dy, Tensor x);

    internal abstract void EmbeddingForward(Tensor x, Tensor table, Tensor images, Tensor source);

    internal abstract void EmbeddingBackward(Tensor dtable, Tensor dx, Tensor ids, Tensor starts, Tensor rows, bool accumulate);

    internal abstract void GatherRowsForward(Tensor y, Tensor x, Tensor index);

    internal abstract void GatherRowsBackward(Tensor dx, Tensor dy, Tensor index);

    internal abstract void PatchesForward(Tensor columns, Tensor pixels, int patchSize);

    internal abstract void VisionEmbeddingForward(Tensor x, Tensor patches, Tensor cls, Tensor positions);

    internal abstract void VisionEmbeddingBackward(Tensor dpatches, Tensor dcls, Tensor dpositions, Tensor dx, bool accumulate);

    internal abstract void CrossEntropyForward(Tensor losses, Tensor logits, Tensor labels);

    internal abstract void CrossEntropyForwardBackward(Tensor losses, Tensor logits, Tensor labels, float scale);

    internal abstract void GradientNormForward(Tensor result, Tensor gradients, float maxNorm);

    internal abstract void AdamWUpdate(Tensor values, Tensor remainders, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step);

    internal abstract void SamplingForward(Tensor ids, Tensor logits, Tensor draws, Tensor forbidden);

    internal abstract void FillForward(Tensor x, float value);

    internal abstract void CastForward(Tensor y, Tensor x);

    internal abstract void MoveForward(Tensor destination, Tensor source);
}
