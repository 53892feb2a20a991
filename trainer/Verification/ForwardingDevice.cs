using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Verification;

/// <summary>A device that lets another one, which the caller disposes, do everything, and may look at every activation that an op has written.</summary>
internal abstract class ForwardingDevice : Device
{
    private readonly Device _inner;

    protected ForwardingDevice(Device inner) => _inner = inner;

    /// <inheritdoc/>
    public override string Description => _inner.Description;

    /// <inheritdoc/>
    public override DType ComputeType => _inner.ComputeType;

    /// <inheritdoc/>
    public override long FreeBytes => _inner.FreeBytes;

    internal override long LogitsAtOnce => _inner.LogitsAtOnce;

    /// <inheritdoc/>
    public override DeviceMemory Allocate(long bytes, string purpose) => _inner.Allocate(bytes, purpose);

    /// <inheritdoc/>
    public override void Synchronize() => _inner.Synchronize();

    internal override void Free(nint address, long bytes) => _inner.Free(address, bytes);

    internal override void LinearForward(Tensor y, Tensor x, Tensor w, Tensor bias)
    {
        _inner.LinearForward(y, x, w, bias);
        Written(y);
    }

    internal override void LinearBackwardInput(Tensor dx, Tensor dy, Tensor w, bool accumulate)
    {
        _inner.LinearBackwardInput(dx, dy, w, accumulate);
        Written(dx);
    }

    internal override void LinearBackwardWeight(Tensor dw, Tensor dy, Tensor x, bool accumulate) =>
        _inner.LinearBackwardWeight(dw, dy, x, accumulate);

    internal override void ColumnSumBackward(Tensor db, Tensor dy, bool accumulate) =>
        _inner.ColumnSumBackward(db, dy, accumulate);

    internal override void RmsNormForward(Tensor y, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, float epsilon)
    {
        _inner.RmsNormForward(y, rstd, sum, x, delta, w, epsilon);
        Written(y);
        Written(sum);
    }

    internal override void RmsNormBackward(Tensor dres, Tensor dw, Tensor y, Tensor dy, Tensor x, Tensor rstd, Tensor w, bool accumulate)
    {
        _inner.RmsNormBackward(dres, dw, y, dy, x, rstd, w, accumulate);
        Written(dres);
        Written(y);
    }

    internal override void LayerNormForward(Tensor y, Tensor mean, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, Tensor b, float epsilon)
    {
        _inner.LayerNormForward(y, mean, rstd, sum, x, delta, w, b, epsilon);
        Written(y);
        Written(sum);
    }

    internal override void LayerNormBackward(Tensor dres, Tensor dw, Tensor db, Tensor y, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor w, Tensor b, bool accumulate)
    {
        _inner.LayerNormBackward(dres, dw, db, y, dy, x, mean, rstd, w, b, accumulate);
        Written(dres);
        Written(y);
    }

    internal override void ResidualAdd(Tensor x, Tensor delta)
    {
        _inner.ResidualAdd(x, delta);
        Written(x);
    }

    internal override void RopeForward(Tensor qkv, Rotary rotary, AttentionShape shape)
    {
        _inner.RopeForward(qkv, rotary, shape);
        Written(qkv);
    }

    internal override void AttentionForward(Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape)
    {
        _inner.AttentionForward(o, lse, qkv, cuSeqlens, maxLength, shape);
        Written(o);
    }

    internal override void AttentionBackward(Tensor dqkv, Tensor dO, Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape, Rotary rotary)
    {
        _inner.AttentionBackward(dqkv, dO, o, lse, qkv, cuSeqlens, maxLength, shape, rotary);
        Written(dqkv);
    }

    internal override void CachedAttentionAppend(Tensor keys, Tensor values, Tensor qkv, Rotary rotary, Tensor cuSeqlens, Tensor past, AttentionShape shape)
    {
        _inner.CachedAttentionAppend(keys, values, qkv, rotary, cuSeqlens, past, shape);
        Written(qkv);
    }

    internal override void CachedAttentionForward(Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, int maxLength, AttentionShape shape)
    {
        _inner.CachedAttentionForward(o, qkv, keys, values, cuSeqlens, past, maxLength, shape);
        Written(o);
    }

    internal override void SwiGluForward(Tensor h, Tensor gateUp)
    {
        _inner.SwiGluForward(h, gateUp);
        Written(h);
    }

    internal override void SwiGluBackward(Tensor gateUp, Tensor h, Tensor dh)
    {
        _inner.SwiGluBackward(gateUp, h, dh);
        Written(gateUp);
        Written(h);
    }

    internal override void GeluForward(Tensor y, Tensor x)
    {
        _inner.GeluForward(y, x);
        Written(y);
    }

    internal override void GeluBackward(Tensor dx, Tensor dy, Tensor x)
    {
        _inner.GeluBackward(dx, dy, x);
        Written(dx);
    }

    internal override void QuickGeluForward(Tensor y, Tensor x)
    {
        _inner.QuickGeluForward(y, x);
        Written(y);
    }

    internal override void QuickGeluBackward(Tensor dx, Tensor dy, Tensor x)
    {
        _inner.QuickGeluBackward(dx, dy, x);
        Written(dx);
    }

    internal override void EmbeddingForward(Tensor x, Tensor table, Tensor images, Tensor source)
    {
        _inner.EmbeddingForward(x, table, images, source);
        Written(x);
    }

    internal override void EmbeddingBackward(Tensor dtable, Tensor dx, Tensor ids, Tensor starts, Tensor rows, bool accumulate) =>
        _inner.EmbeddingBackward(dtable, dx, ids, starts, rows, accumulate);

    internal override void GatherRowsForward(Tensor y, Tensor x, Tensor index) =>
        _inner.GatherRowsForward(y, x, index);

    internal override void GatherRowsBackward(Tensor dx, Tensor dy, Tensor index) =>
        _inner.GatherRowsBackward(dx, dy, index);

    internal override void PatchesForward(Tensor columns, Tensor pixels, int patchSize)
    {
        _inner.PatchesForward(columns, pixels, patchSize);
        Written(columns);
    }

    internal override void VisionEmbeddingForward(Tensor x, Tensor patches, Tensor cls, Tensor positions)
    {
        _inner.VisionEmbeddingForward(x, patches, cls, positions);
        Written(x);
    }

    internal override void VisionEmbeddingBackward(Tensor dpatches, Tensor dcls, Tensor dpositions, Tensor dx, bool accumulate)
    {
        _inner.VisionEmbeddingBackward(dpatches, dcls, dpositions, dx, accumulate);
        Written(dpatches);
    }

    internal override void CrossEntropyForward(Tensor losses, Tensor logits, Tensor labels) =>
        _inner.CrossEntropyForward(losses, logits, labels);

    internal override void CrossEntropyForwardBackward(Tensor losses, Tensor logits, Tensor labels, float scale)
    {
        _inner.CrossEntropyForwardBackward(losses, logits, labels, scale);
        Written(logits);
    }

    internal override void GradientNormForward(Tensor result, Tensor gradients, float maxNorm) =>
        _inner.GradientNormForward(result, gradients, maxNorm);

    internal override void AdamWUpdate(Tensor values, Tensor remainders, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step) =>
        _inner.AdamWUpdate(values, remainders, first, second, gradients, norm, segments, step);

    internal override void SamplingForward(Tensor ids, Tensor logits, Tensor draws, Tensor forbidden) =>
        _inner.SamplingForward(ids, logits, draws, forbidden);

    internal override void FillForward(Tensor x, float value) =>
        _inner.FillForward(x, value);

    internal override void CastForward(Tensor y, Tensor x) =>
        _inner.CastForward(y, x);

    internal override void MoveForward(Tensor destination, Tensor source) =>
        _inner.MoveForward(destination, source);

    /// <summary>An op has written activations; none where the op was told to write none.</summary>
    protected abstract void Written(Tensor activations);

    /// <inheritdoc/>
    protected override void CopyFromHostCore(Tensor destination, ReadOnlySpan<byte> source) => _inner.CopyFromHost(destination, source);

    /// <inheritdoc/>
    protected override void CopyToHostCore(Span<byte> destination, Tensor source) => _inner.CopyToHost(destination, source);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
