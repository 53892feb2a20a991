using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LlavaCuda.Images;

/// <summary>The loops over one row of pixels that <see cref="BicubicResize"/> is made of. Between two loops a value of 0..255 is an integer.</summary>
internal static class RowKernels
{
    /// <summary>One half in the weights' fixed point: what sums begin with, so that cutting off the fraction rounds.</summary>
    internal const int Half = 1 << (ResizeAxis.FractionBits - 1);

    /// <summary>How often a weight stands in the axis of <see cref="Resize"/>: for red, green, blue and a lane of no meaning.</summary>
    internal const int Lanes = 4;

    /// <summary><see cref="Resize"/> reads up to this many bytes beyond the last pixel of a row.</summary>
    internal const int Slack = 16;

    /// <summary>Resizes the part of one row that depends on the image.</summary>
    /// <param name="source">The pixels of the image's row, and <see cref="Slack"/> bytes.</param>
    /// <param name="first">The input of the axis that is the row's first pixel.</param>
    /// <param name="axis">The axis, with <see cref="Lanes"/> of each weight.</param>
    /// <param name="outputs">The outputs to compute.</param>
    /// <param name="bias">What the sums begin with: three values of each output of the axis, and one more.</param>
    /// <param name="target">Receives three values of each output of the axis, and one of no meaning after the last that is computed.</param>
    internal static unsafe void Resize(byte[] source, int first, in ResizeAxis axis, (int First, int End) outputs, int[] bias, int[] target)
    {
        ReadOnlySpan<int> starts = axis.Starts;
        ReadOnlySpan<int> counts = axis.Counts;
        ArgumentOutOfRangeException.ThrowIfLessThan(target.Length, (outputs.End * 3) + 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(bias.Length, (outputs.End * 3) + 1);
        fixed (byte* pixels = source)
        fixed (int* results = target, begin = bias, weights = axis.Weights)
        {
            for (int x = outputs.First; x < outputs.End; x++)
            {
                Vector128<int> sum = Sum(pixels + ((starts[x] - first) * 3), weights + ((nint)x * axis.Stride), counts[x]) + Vector128.Load(begin + (x * 3));
                sum = Vector128.Clamp(sum >> ResizeAxis.FractionBits, Vector128<int>.Zero, Vector128.Create(255));
                sum.Store(results + (x * 3));
            }
        }
    }

    /// <summary>Adds a weighted row to sums.</summary>
    internal static void Accumulate(Span<int> sums, ReadOnlySpan<int> row, int weight)
    {
        Span<Vector<int>> wide = MemoryMarshal.Cast<int, Vector<int>>(sums);
        ReadOnlySpan<Vector<int>> wideRow = MemoryMarshal.Cast<int, Vector<int>>(row);
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] += wideRow[i] * weight;
        }

        for (int i = wide.Length * Vector<int>.Count; i < sums.Length; i++)
        {
            sums[i] += row[i] * weight;
        }
    }

    /// <summary>Begins sums with one half and a row of the fill colour.</summary>
    internal static void Begin(Span<int> sums, ReadOnlySpan<int> row, int weight)
    {
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] = Half + (row[i] * weight);
        }
    }

    /// <summary>Rounds finished sums to bytes.</summary>
    internal static void Round(ReadOnlySpan<int> sums, Span<byte> target)
    {
        for (int i = 0; i < sums.Length; i++)
        {
            target[i] = Round(sums[i]);
        }
    }

    /// <summary>Rounds a finished sum to a byte.</summary>
    internal static byte Round(int sum) => (byte)Math.Clamp(sum >> ResizeAxis.FractionBits, 0, 255);

    /// <summary>Makes integers of bytes.</summary>
    internal static void Widen(ReadOnlySpan<byte> source, Span<int> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = source[i];
        }
    }

    /// <summary>Makes bytes of integers that fit.</summary>
    internal static void Narrow(ReadOnlySpan<int> source, Span<byte> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = (byte)source[i];
        }
    }

    /// <summary>The weighted sum of neighbouring pixels: red, green, blue and a lane of no meaning.</summary>
    private static unsafe Vector128<int> Sum(byte* pixels, int* weights, int count)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            // Two pixels at a time; an odd one out comes with a neighbour of weight zero.
            Vector256<byte> spread = Vector256.Create(
                (byte)0, 255, 255, 255, 1, 255, 255, 255, 2, 255, 255, 255, 255, 255, 255, 255, 19, 255, 255, 255, 20, 255, 255, 255, 21, 255, 255, 255, 255, 255, 255, 255);
            Vector256<int> pairs = Vector256<int>.Zero;
            for (int t = 0; t < count; t += 2, pixels += 6, weights += 8)
            {
                Vector256<byte> two = Vector256.Create(*(long*)pixels).AsByte();
                pairs += Vector256.Shuffle(two, spread).AsInt32() * Vector256.Load(weights);
            }

            return pairs.GetLower() + pairs.GetUpper();
        }

        Vector128<byte> order = Vector128.Create((byte)0, 255, 255, 255, 1, 255, 255, 255, 2, 255, 255, 255, 255, 255, 255, 255);
        Vector128<int> sum = Vector128<int>.Zero;
        for (int t = 0; t < count; t++, pixels += 3, weights += Lanes)
        {
            sum += Vector128.Shuffle(Vector128.CreateScalar(*(int*)pixels).AsByte(), order).AsInt32() * Vector128.Load(weights);
        }

        return sum;
    }
}
