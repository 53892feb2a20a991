using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>One method an op direction. Meaning and checked arguments: the class of the op's name in <c>Ops</c>; only those classes call these.</content>
public abstract partial class Device
{
    internal virtual void LinearForward(Tensor y, Tensor x, Tensor w, Tensor bias) => throw new NotSupportedException("LinearForward");

    internal virtual void LinearBackwardInput(Tensor dx, Tensor dy, Tensor w, bool accumulate) => throw new NotSupportedException("LinearBackwardInput");

    internal virtual void LinearBackwardWeight(Tensor dw, Tensor dy, Tensor x, bool accumulate) => throw new NotSupportedException("LinearBackwardWeight");

    internal virtual void ColumnSumBackward(Tensor db, Tensor dy, bool accumulate) => throw new NotSupportedException("ColumnSumBackward");

    internal virtual void RmsNormForward(Tensor y, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, float epsilon) => throw new NotSupportedException("RmsNormForward");

    internal virtual void RmsNormBackward(Tensor dres, Tensor dw, Tensor y, Tensor dy, Tensor x, Tensor rstd, Tensor w, bool accumulate) => throw new NotSupportedException("RmsNormBackward");

    internal virtual void LayerNormForward(Tensor y, Tensor mean, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, Tensor b, float epsilon) => throw new NotSupportedException("LayerNormForward");

    internal virtual void LayerNormBackward(Tensor dres, Tensor dw, Tensor db, Tensor y, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor w, Tensor b, bool accumulate) => throw new NotSupportedException("LayerNormBackward");

    internal virtual void ResidualAdd(Tensor x, Tensor delta) => throw new NotSupportedException("ResidualAdd");

    internal virtual void RopeForward(Tensor qkv, Rotary rotary, AttentionShape shape) => throw new NotSupportedException("RopeForward");

    internal virtual void AttentionForward(Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape) => throw new NotSupportedException("AttentionForward");

    internal virtual void AttentionBackward(Tensor dqkv, Tensor dO, Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape, Rotary rotary) => throw new NotSupportedException("AttentionBackward");

    internal virtual void CachedAttentionAppend(Tensor keys, Tensor values, Tensor qkv, Tensor cuSeqlens, Tensor past, AttentionShape shape) => throw new NotSupportedException("CachedAttentionAppend");

    internal virtual void CachedAttentionForward(Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, AttentionShape shape) => throw new NotSupportedException("CachedAttentionForward");

    internal virtual void SwiGluForward(Tensor h, Tensor gateUp) => throw new NotSupportedException("SwiGluForward");

    internal virtual void SwiGluBackward(Tensor gateUp, Tensor h, Tensor dh) => throw new NotSupportedException("SwiGluBackward");

    internal virtual void GeluForward(Tensor y, Tensor x) => throw new NotSupportedException("GeluForward");

    internal virtual void GeluBackward(Tensor dx, Tensor dy, Tensor x) => throw new NotSupportedException("GeluBackward");

    internal virtual void QuickGeluForward(Tensor y, Tensor x) => throw new NotSupportedException("QuickGeluForward");

    internal virtual void QuickGeluBackward(Tensor dx, Tensor dy, Tensor x) => throw new NotSupportedException("QuickGeluBackward");

    internal virtual void EmbeddingForward(Tensor x, Tensor table, Tensor images, Tensor source) => throw new NotSupportedException("EmbeddingForward");

    internal virtual void EmbeddingBackward(Tensor dtable, Tensor dx, Tensor ids, Tensor starts, Tensor rows, bool accumulate) => throw new NotSupportedException("EmbeddingBackward");

    internal virtual void GatherRowsForward(Tensor y, Tensor x, Tensor index) => throw new NotSupportedException("GatherRowsForward");

    internal virtual void GatherRowsBackward(Tensor dx, Tensor dy, Tensor index) => throw new NotSupportedException("GatherRowsBackward");

    internal virtual void PatchesForward(Tensor columns, Tensor pixels, int patchSize) => throw new NotSupportedException("PatchesForward");

    internal virtual void VisionEmbeddingForward(Tensor x, Tensor patches, Tensor cls, Tensor positions) => throw new NotSupportedException("VisionEmbeddingForward");

    internal virtual void VisionEmbeddingBackward(Tensor dpatches, Tensor dcls, Tensor dpositions, Tensor dx, bool accumulate) => throw new NotSupportedException("VisionEmbeddingBackward");

    internal virtual void CrossEntropyForward(Tensor losses, Tensor logits, Tensor labels) => throw new NotSupportedException("CrossEntropyForward");

    internal virtual void CrossEntropyForwardBackward(Tensor losses, Tensor logits, Tensor labels, float scale) => throw new NotSupportedException("CrossEntropyForwardBackward");

    internal virtual void GradientNormForward(Tensor result, Tensor gradients, float maxNorm) => throw new NotSupportedException("GradientNormForward");

    internal virtual void AdamWUpdate(Tensor values, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step) => throw new NotSupportedException("AdamWUpdate");

    internal virtual void FillForward(Tensor x, float value) => throw new NotSupportedException("FillForward");

    internal virtual void MoveForward(Tensor destination, Tensor source) => throw new NotSupportedException("MoveForward");
}
