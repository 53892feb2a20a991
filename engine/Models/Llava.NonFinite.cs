using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <content>Where values that are NaN or infinite come from. Slow: for the one message that ends a run.</content>
public sealed partial class Llava
{
    private const int FloatsAtOnce = 1 << 20;

    /// <summary>Finds the first element that is NaN or infinite.</summary>
    /// <param name="device">Where the tensor is.</param>
    /// <param name="tensor">Floating-point numbers.</param>
    /// <returns>Its place in the flat tensor, or -1.</returns>
    internal static long IndexOfNonFinite(Device device, Tensor tensor)
    {
        Tensor flat = tensor.View(tensor.Count);
        float[] values = new float[Math.Min(FloatsAtOnce, tensor.Count)];
        for (long start = 0; start < tensor.Count; start += values.Length)
        {
            Span<float> part = values.AsSpan(0, (int)Math.Min(values.Length, tensor.Count - start));
            device.ReadFloats(part, flat.Slice(start, part.Length));
            if (Elements.IndexOfNonFinite(MemoryMarshal.AsBytes(part), DType.F32) is >= 0 and int index)
            {
                return start + index;
            }
        }

        return -1;
    }

    /// <summary>Finds the first weight with an element that is NaN or infinite.</summary>
    /// <returns>Its name and the element's place, or null.</returns>
    internal string? FirstNonFiniteWeight() => FirstNonFinite(Parameters.All, static p => p.Value);

    /// <summary>Finds the first gradient, of the trained weights, with an element that is NaN or infinite.</summary>
    /// <returns>The weight's name and the element's place, or null.</returns>
    internal string? FirstNonFiniteGradient() => FirstNonFinite(Parameters.All.Where(static p => p.Trainable), static p => p.Gradient);

    /// <summary>Computes the batch's rows, without a cache, up to the first result with an element that is NaN or infinite.</summary>
    /// <param name="batch">Sequences from their first rows on.</param>
    /// <param name="arena">For activations; as it was afterwards.</param>
    /// <returns>What the result is, or null.</returns>
    internal string? FirstNonFiniteActivation(PackedBatch batch, Arena arena)
    {
        using ArenaFrame frame = arena.Open();
        DeviceBatch b = batch.Upload(Device, arena, (_language.Cos, _language.Sin), backward: false);
        (Tensor hidden, Tensor images) = SeePictures(arena, b, PassMode.Inference);
        if (images.Exists && IndexOfNonFinite(Device, hidden) >= 0)
        {
            return "the vision tower's output";
        }

        if (images.Exists && IndexOfNonFinite(Device, images) >= 0)
        {
            return "the projector's output";
        }

        return _language.FirstNonFinite(arena, b.Source, images, b.Sequences) is { } layer ? $"the output of language.{layer}" : null;
    }

    private string? FirstNonFinite(IEnumerable<Parameter> parameters, Func<Parameter, Tensor> tensorOf)
    {
        foreach (Parameter parameter in parameters)
        {
            if (IndexOfNonFinite(Device, tensorOf(parameter)) is >= 0 and long index)
            {
                return $"{parameter.Name} {parameter.Shape}, at {parameter.Shape.Place(index)}";
            }
        }

        return null;
    }
}
