using LlavaCuda.Devices;
using LlavaCuda.Tensors;
using LlavaCuda.Trainer.Verification;

namespace LlavaCuda.Tests.Verification;

/// <summary>A device with one fault. The inner one is the caller's.</summary>
internal sealed class FaultyDevice(Device inner, Fault fault) : ForwardingDevice(inner)
{
    internal override void LinearForward(Tensor y, Tensor x, Tensor w, Tensor bias)
    {
        if (fault == Fault.Transposed && w.Rows == w.Width)
        {
            float[] weights = Read(w);
            int width = (int)w.Width;
            WriteFloats(w, [.. weights.Select((_, i) => weights[(i % width * width) + (i / width)])]);
            base.LinearForward(y, x, w, bias);
            WriteFloats(w, weights);
            return;
        }

        base.LinearForward(y, x, w, fault == Fault.Bias ? default : bias);
    }

    internal override void RmsNormForward(Tensor y, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, float epsilon)
    {
        base.RmsNormForward(y, rstd, sum, x, delta, w, fault == Fault.RmsEpsilon ? 100 * epsilon : epsilon);
        if (fault == Fault.Residual && sum.Exists && delta.Exists)
        {
            WriteFloats(sum, Read(x));
        }
    }

    internal override void RmsNormBackward(Tensor dres, Tensor dw, Tensor y, Tensor dy, Tensor x, Tensor rstd, Tensor w, bool accumulate)
    {
        base.RmsNormBackward(dres, dw, y, dy, x, rstd, w, accumulate);
        if (fault == Fault.NormGradient && dw.Exists)
        {
            Scale(dw, 0.5f);
        }
    }

    internal override void RopeForward(Tensor qkv, Rotary rotary, AttentionShape shape)
    {
        if (fault != Fault.Rotation)
        {
            base.RopeForward(qkv, rotary, shape);
        }
    }

    internal override void AttentionForward(Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape)
    {
        if (fault == Fault.AttentionScale)
        {
            // Queries, which nothing else reads before the backward pass, a tenth too large.
            float[] rows = Read(qkv);
            float[] scaled = [.. rows.Select((v, i) => i % shape.QkvSize < shape.OutputSize ? 1.1f * v : v)];
            WriteFloats(qkv, scaled);
            base.AttentionForward(o, lse, qkv, cuSeqlens, maxLength, shape);
            WriteFloats(qkv, rows);
            return;
        }

        base.AttentionForward(o, lse, qkv, cuSeqlens, maxLength, shape);
    }

    internal override void CachedAttentionForward(
        Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, int maxLength, AttentionShape shape)
    {
        base.CachedAttentionForward(o, qkv, keys, values, cuSeqlens, past, maxLength, shape);
        if (fault == Fault.CachedAttention)
        {
            Scale(o, 0.5f);
        }
    }

    internal override void CrossEntropyForward(Tensor losses, Tensor logits, Tensor labels)
    {
        base.CrossEntropyForward(losses, logits, labels);
        Average(losses);
    }

    internal override void CrossEntropyForwardBackward(Tensor losses, Tensor logits, Tensor labels, float scale)
    {
        float share = fault == Fault.GradientAverage ? (float)labels.Count / (labels.Count + 1) : 1;
        base.CrossEntropyForwardBackward(losses, logits, labels, scale * share);
        Average(losses);
    }

    internal override void GradientNormForward(Tensor result, Tensor gradients, float maxNorm)
    {
        base.GradientNormForward(result, gradients, maxNorm);
        if (fault == Fault.GradientNorm)
        {
            Scale(result, 1.1f);
        }
    }

    internal override void AdamWUpdate(
        Tensor values, Tensor remainders, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step)
    {
        AdamWSegment[] changed = segments.ToArray();
        float decay = changed.Max(static s => s.WeightDecay);
        changed = fault switch
        {
            Fault.Frozen => changed.Length > 1 ? changed[1..] : [changed[0] with { Count = changed[0].Count / 2 }],
            Fault.FrozenLast => changed.Length > 1 ? changed[..^1] : [changed[0] with { Count = changed[0].Count / 2 }],
            Fault.DecayOfAll => [.. changed.Select(s => s with { WeightDecay = decay })],
            Fault.NoDecay => [.. changed.Select(static s => s with { WeightDecay = 0 })],
            Fault.Rate => [.. changed.Select(static s => s with { LearningRate = 1.01f * s.LearningRate })],
            _ => changed,
        };
        step = fault == Fault.FirstMoment ? step with { Beta1 = 0.8f } : step;
        base.AdamWUpdate(values, remainders, first, second, gradients, norm, changed, step);
    }

    /// <inheritdoc/>
    protected override void Written(Tensor activations)
    {
    }

    private void Average(Tensor losses)
    {
        if (fault == Fault.LossAverage)
        {
            Scale(losses, (float)losses.Count / (losses.Count + 1));
        }
    }

    private void Scale(Tensor tensor, float factor) => WriteFloats(tensor, Array.ConvertAll(Read(tensor), v => factor * v));

    private float[] Read(Tensor tensor)
    {
        float[] values = new float[tensor.Count];
        ReadFloats(values, tensor);
        return values;
    }
}
