using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using Tensor = LlavaCuda.Tensors.Tensor;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// Stands in for the device that holds a model while weights are loaded "over" it: nothing is written, what would be is compared with what is there. So a finished run is held
/// against the weights that it began with, without memory for a second model.
/// </summary>
internal sealed class ComparingDevice(Device holder) : PlanningDevice(holder)
{
    private const int ChunkBytes = 1 << 22;
    private readonly Device _holder = holder;
    private readonly Dictionary<nint, float> _differences = [];

    /// <summary>Gets the largest difference among weights of a part; of weights that were loaded twice, the second time counts.</summary>
    internal double LargestDifference(ParameterTable parameters, ModelPart part)
    {
        double largest = 0;
        foreach (Parameter parameter in parameters.All.Where(p => p.Part == part))
        {
            nint start = parameter.Value.Address, end = start + (nint)parameter.Value.Bytes;
            largest = Math.Max(largest, _differences.Where(d => d.Key >= start && d.Key < end).Select(static d => (double)d.Value).DefaultIfEmpty(0).Max());
        }

        return largest;
    }

    /// <inheritdoc/>
    protected override void CopyFromHostCore(Tensor destination, ReadOnlySpan<byte> source)
    {
        int size = destination.Type.Size(), most = ChunkBytes / size;
        byte[] held = new byte[Math.Min(ChunkBytes, source.Length)];
        Tensor flat = destination.View(destination.Count);
        float largest = 0;
        for (int at = 0; at < flat.Count; at += most)
        {
            int count = (int)Math.Min(most, flat.Count - at);
            Span<byte> now = held.AsSpan(0, count * size);
            _holder.CopyToHost(now, flat.Slice(at, count));
            ReadOnlySpan<byte> before = source.Slice(at * size, count * size);
            if (!now.SequenceEqual(before))
            {
                largest = Math.Max(largest, Difference(now, before, destination.Type, count));
            }
        }

        _differences[destination.Address] = largest;
    }

    // Bits differ, so the answer is above zero; what is no number counts as infinitely far.
    private static float Difference(ReadOnlySpan<byte> now, ReadOnlySpan<byte> before, DType type, int count)
    {
        float[] one = new float[count], other = new float[count];
        Elements.Convert(now, type, MemoryMarshal.AsBytes(one.AsSpan()), DType.F32);
        Elements.Convert(before, type, MemoryMarshal.AsBytes(other.AsSpan()), DType.F32);
        TensorPrimitives.Subtract(one, other, one);
        float largest = Math.Abs(TensorPrimitives.MaxMagnitude<float>(one));
        return float.IsNaN(largest) ? float.PositiveInfinity : Math.Max(largest, float.Epsilon);
    }
}
