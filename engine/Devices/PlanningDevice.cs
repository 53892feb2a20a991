using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>
/// A device without memory that computes nothing: a forward and backward pass on it checks every shape and measures every arena before a byte is reserved. Its addresses
/// must not be read.
/// </summary>
public class PlanningDevice : Device
{
    private readonly Device _like;
    private long _next = 1L << 20;

    /// <summary>Initializes a new instance of the <see cref="PlanningDevice"/> class.</summary>
    /// <param name="like">The device that is planned for.</param>
    public PlanningDevice(Device like) => _like = like;

    /// <inheritdoc/>
    public override string Description => $"plan for {_like.Description}";

    /// <inheritdoc/>
    public override DType ComputeType => _like.ComputeType;

    /// <inheritdoc/>
    public override long FreeBytes => _like.FreeBytes;

    internal override long LogitsAtOnce => _like.LogitsAtOnce;

    /// <summary>Gets the bytes that were asked for so far.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>Makes an arena that is never too small, to measure with.</summary>
    /// <returns>The arena.</returns>
    public Arena MeasuringArena() => new(this, 1L << 50, "planned tensors");

    /// <inheritdoc/>
    public override DeviceMemory Allocate(long bytes, string purpose)
    {
        DeviceMemory memory = new(this, (nint)_next, bytes);
        _next += bytes;
        AllocatedBytes += bytes;
        return memory;
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
    }

    internal override void Free(nint address, long bytes) => AllocatedBytes -= bytes;

    internal override void LinearForward(Tensor y, Tensor x, Tensor w, Tensor bias)
    {
    }

    internal override void LinearBackwardInput(Tensor dx, Tensor dy, Tensor w, bool accumulate)
    {
    }

    internal override void LinearBackwardWeight(Tensor dw, Tensor dy, Tensor x, bool accumulate)
    {
    }

    internal override void ColumnSumBackward(Tensor db, Tensor dy, bool accumulate)
    {
    }

    internal override void RmsNormForward(Tensor y, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, float epsilon)
    {
    }

    internal override void RmsNormBackward(Tensor dres, Tensor dw, Tensor y, Tensor dy, Tensor x, Tensor rstd, Tensor w, bool accumulate)
    {
    }

    internal override void LayerNormForward(Tensor y, Tensor mean, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, Tensor b, float epsilon)
    {
    }

    internal override void LayerNormBackward(Tensor dres, Tensor dw, Tensor db, Tensor y, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor w, Tensor b, bool accumulate)
    {
    }

    internal override void ResidualAdd(Tensor x, Tensor delta)
    {
    }

    internal override void RopeForward(Tensor qkv, Rotary rotary, AttentionShape shape)
    {
    }

    internal override void AttentionForward(Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape)
    {
    }

    internal override void AttentionBackward(Tensor dqkv, Tensor dO, Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape, Rotary rotary)
    {
    }

    internal override void CachedAttentionAppend(Tensor keys, Tensor values, Tensor qkv, Rotary rotary, Tensor cuSeqlens, Tensor past, AttentionShape shape)
    {
    }

    internal override void CachedAttentionForward(Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, int maxLength, AttentionShape shape)
    {
    }

    internal override void SwiGluForward(Tensor h, Tensor gateUp)
    {
    }

    internal override void SwiGluBackward(Tensor gateUp, Tensor h, Tensor dh)
    {
    }

    internal override void GeluForward(Tensor y, Tensor x)
    {
    }

    internal override void GeluBackward(Tensor dx, Tensor dy, Tensor x)
    {
    }

    internal override void QuickGeluForward(Tensor y, Tensor x)
    {
    }

    internal override void QuickGeluBackward(Tensor dx, Tensor dy, Tensor x)
    {
    }

    internal override void EmbeddingForward(Tensor x, Tensor table, Tensor images, Tensor source)
    {
    }

    internal override void EmbeddingBackward(Tensor dtable, Tensor dx, Tensor ids, Tensor starts, Tensor rows, bool accumulate)
    {
    }

    internal override void GatherRowsForward(Tensor y, Tensor x, Tensor index)
    {
    }

    internal override void GatherRowsBackward(Tensor dx, Tensor dy, Tensor index)
    {
    }

    internal override void PatchesForward(Tensor columns, Tensor pixels, int patchSize)
    {
    }

    internal override void VisionEmbeddingForward(Tensor x, Tensor patches, Tensor cls, Tensor positions)
    {
    }

    internal override void VisionEmbeddingBackward(Tensor dpatches, Tensor dcls, Tensor dpositions, Tensor dx, bool accumulate)
    {
    }

    internal override void CrossEntropyForward(Tensor losses, Tensor logits, Tensor labels)
    {
    }

    internal override void CrossEntropyForwardBackward(Tensor losses, Tensor logits, Tensor labels, float scale)
    {
    }

    internal override void GradientNormForward(Tensor result, Tensor gradients, float maxNorm)
    {
    }

    internal override void AdamWUpdate(Tensor values, Tensor remainders, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step)
    {
    }

    internal override void SamplingForward(Tensor ids, Tensor logits, Tensor draws, Tensor forbidden)
    {
    }

    internal override void FillForward(Tensor x, float value)
    {
    }

    internal override void CastForward(Tensor y, Tensor x)
    {
    }

    internal override void MoveForward(Tensor destination, Tensor source)
    {
    }

    /// <inheritdoc/>
    protected override void CopyFromHostCore(Tensor destination, ReadOnlySpan<byte> source)
    {
    }

    /// <inheritdoc/>
    protected override void CopyToHostCore(Span<byte> destination, Tensor source) => destination.Clear();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
