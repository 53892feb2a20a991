using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>
/// AdamW with decoupled decay (Loshchilov and Hutter), in PyTorch's order: <c>p −= lr·wd·p</c>; <c>m ← β1 m + (1−β1) g</c>; <c>v ← β2 v + (1−β2) g²</c>;
/// <c>p −= lr · (m/(1−β1ᵗ)) / (√(v/(1−β2ᵗ)) + ε)</c>. Weights in bf16 have an exact master in single precision, split in two: as integers, its bits are
/// <c>(weight &lt;&lt; 16) + remainder</c>, and the weight is the master rounded half up in magnitude, so that the remainder fits a signed half word.
/// </summary>
public static class AdamW
{
    /// <summary>Updates weights and moments in place.</summary>
    /// <param name="device">Where.</param>
    /// <param name="values">Weights, flat. Of bf16 weights, one that would not be finite stays as it is.</param>
    /// <param name="remainders">The lower half of the masters of bf16 weights, <see cref="DType.I16"/>, zero when the weights are the masters; none for single precision.</param>
    /// <param name="first">First moments, flat, single precision.</param>
    /// <param name="second">Second moments, flat, single precision.</param>
    /// <param name="gradients">Gradients, flat, single precision.</param>
    /// <param name="norm">Result of <see cref="GradientNorm.Forward"/>; its factor multiplies the gradients. If that is not a number, nothing changes.</param>
    /// <param name="segments">Ranges of the flat tensors; elements in none are left alone.</param>
    /// <param name="step">Numbers of this step.</param>
    public static void Update(
        Device device, Tensor values, Tensor remainders, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step)
    {
        Require.Is(values, [gradients.Count]);
        if (values.Type == DType.BF16)
        {
            Require.Is(remainders, DType.I16, [gradients.Count]);
        }
        else if (remainders.Exists)
        {
            throw new ArgumentException($"remainders is {remainders}, but weights in single precision have none.", nameof(remainders));
        }

        Require.Is(first, DType.F32, [gradients.Count]);
        Require.Is(second, DType.F32, [gradients.Count]);
        Require.Is(gradients, DType.F32, [gradients.Count]);
        Require.Is(norm, DType.F32, [2]);
        ArgumentOutOfRangeException.ThrowIfLessThan(step.Step, 1, nameof(step));
        foreach (AdamWSegment segment in segments)
        {
            if (segment.Start < 0 || segment.Count < 0 || segment.Start > gradients.Count - segment.Count)
            {
                throw new ArgumentException($"Segment {segment} is outside the {gradients.Count} weights.", nameof(segments));
            }
        }

        device.AdamWUpdate(values, remainders, first, second, gradients, norm, segments, step);
    }
}
