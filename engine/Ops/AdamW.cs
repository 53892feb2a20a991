using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Ops;

/// <summary>
/// AdamW with decoupled decay (Loshchilov and Hutter), in PyTorch's order: <c>p −= lr·wd·p</c>; <c>m ← β1 m + (1−β1) g</c>; <c>v ← β2 v + (1−β2) g²</c>;
/// <c>p −= lr · (m/(1−β1ᵗ)) / (√(v/(1−β2ᵗ)) + ε)</c>.
/// </summary>
public static class AdamW
{
    /// <summary>Updates weights and moments in place.</summary>
    /// <param name="device">Where.</param>
    /// <param name="values">Weights, flat.</param>
    /// <param name="first">First moments, flat, single precision.</param>
    /// <param name="second">Second moments, flat, single precision.</param>
    /// <param name="gradients">Gradients, flat, single precision.</param>
    /// <param name="norm">Result of <see cref="GradientNorm.Forward"/>; its factor multiplies the gradients. If that is not a number, nothing changes.</param>
    /// <param name="segments">Ranges of the flat tensors; elements in none are left alone.</param>
    /// <param name="step">Numbers of this step.</param>
    public static void Update(Device device, Tensor values, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step)
    {
        Require.Is(values, [gradients.Count]);
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

        device.AdamWUpdate(values, first, second, gradients, norm, segments, step);
    }
}
