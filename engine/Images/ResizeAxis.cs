using System.Buffers;

namespace LlavaCuda.Images;

/// <summary>
/// Which input elements a run of output elements of one axis is made of, and with which weights: Pillow's antialiased bicubic (a = -0.5) in fixed point.
/// Only inputs within the image have a weight of their own; those before and after it are all of the fill colour, so that the sum of their weights does.
/// The arrays are borrowed and given back by <see cref="Dispose"/>.
/// </summary>
internal readonly struct ResizeAxis : IDisposable
{
    /// <summary>Fraction bits of a weight: 32 less 8 for the pixel and 2 for weights beyond one.</summary>
    internal const int FractionBits = 22;

    private readonly int[] _starts;
    private readonly int[] _counts;
    private readonly int[] _weights;
    private readonly int[] _inside;
    private readonly int[] _outside;

    /// <summary>Computes the weights of the outputs <paramref name="first"/> .. <paramref name="first"/> + <paramref name="count"/>.</summary>
    /// <param name="inputSize">Length of the input axis.</param>
    /// <param name="outputSize">Length of the whole output axis.</param>
    /// <param name="first">First output wanted.</param>
    /// <param name="count">Number of outputs wanted.</param>
    /// <param name="image">First input that lies within the image, and how many do.</param>
    /// <param name="repeat">How often each weight stands in the table.</param>
    internal ResizeAxis(int inputSize, int outputSize, int first, int count, (int First, int Count) image, int repeat)
    {
        double scale = (double)inputSize / outputSize;
        double filterScale = Math.Max(scale, 1);
        double support = 2 * filterScale;
        int mostTaps = ((int)Math.Ceiling(support) * 2) + 1;
        int imageEnd = image.First + image.Count;
        Count = count;
        Stride = ((Math.Min(mostTaps, image.Count) + 1) & ~1) * repeat;
        _starts = ArrayPool<int>.Shared.Rent(count);
        _counts = ArrayPool<int>.Shared.Rent(count);
        _inside = ArrayPool<int>.Shared.Rent(count);
        _outside = ArrayPool<int>.Shared.Rent(count);
        _weights = ArrayPool<int>.Shared.Rent(checked(count * Stride));
        double[] exact = ArrayPool<double>.Shared.Rent(mostTaps);
        for (int i = 0; i < count; i++)
        {
            double centre = (first + i + 0.5) * scale;
            int start = Math.Max((int)(centre - support + 0.5), 0);
            int taps = Math.Min((int)(centre + support + 0.5), inputSize) - start;
            double inverse = 1 / filterScale;
            double sum = 0;
            for (int t = 0; t < taps; t++)
            {
                exact[t] = Cubic((t + start - centre + 0.5) * inverse);
                sum += exact[t];
            }

            // Clamped also where no tap lies within the image, so that starts and ends never fall from one output to the next.
            int from = Math.Clamp(start, image.First, imageEnd);
            int to = Math.Clamp(start + taps, image.First, imageEnd);
            Span<int> weights = _weights.AsSpan(i * Stride, Stride);
            weights.Clear();
            (_inside[i], _outside[i]) = (0, 0);
            for (int t = 0; t < taps; t++)
            {
                double weight = exact[t] / sum * (1 << FractionBits);
                int whole = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
                int input = start + t;
                if (input < from || input >= to)
                {
                    _outside[i] += whole;
                    continue;
                }

                _inside[i] += whole;
                weights.Slice((input - from) * repeat, repeat).Fill(whole);
            }

            _starts[i] = from;
            _counts[i] = to - from;
        }

        ArrayPool<double>.Shared.Return(exact);
    }

    /// <summary>Number of outputs.</summary>
    internal int Count { get; }

    /// <summary>Weights from one output to the next in <see cref="Weights"/>: an even number of taps, the last ones zero.</summary>
    internal int Stride { get; }

    /// <summary>The first input of each output that lies within the image; never falls from one output to the next.</summary>
    internal ReadOnlySpan<int> Starts => _starts.AsSpan(0, Count);

    /// <summary>The number of inputs of each output that lie within the image; none is possible.</summary>
    internal ReadOnlySpan<int> Counts => _counts.AsSpan(0, Count);

    /// <summary>The sum of each output's weights of inputs within the image.</summary>
    internal ReadOnlySpan<int> Inside => _inside.AsSpan(0, Count);

    /// <summary>The sum of each output's weights of inputs outside of the image.</summary>
    internal ReadOnlySpan<int> Outside => _outside.AsSpan(0, Count);

    /// <summary>All weights.</summary>
    internal ReadOnlySpan<int> Weights => _weights.AsSpan(0, Count * Stride);

    /// <summary>Gets the outputs that depend on the image: those before the first and from the second on are the same for every image.</summary>
    internal (int First, int End) Touched
    {
        get
        {
            int first = 0;
            int end = Count;
            while (first < end && Counts[first] == 0)
            {
                first++;
            }

            while (end > first && Counts[end - 1] == 0)
            {
                end--;
            }

            return (first, end);
        }
    }

    /// <summary>Gets the largest number of outputs that share an input, counting those between them; at least 1.</summary>
    internal int Overlap
    {
        get
        {
            int overlap = 1;
            for (int i = 0, next = 0; i < Count; i++)
            {
                while (next < Count && Starts[next] < Starts[i] + Counts[i])
                {
                    next++;
                }

                overlap = Math.Max(overlap, next - i);
            }

            return overlap;
        }
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_starts);
        ArrayPool<int>.Shared.Return(_counts);
        ArrayPool<int>.Shared.Return(_inside);
        ArrayPool<int>.Shared.Return(_outside);
        ArrayPool<int>.Shared.Return(_weights);
    }

    private static double Cubic(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        return x < 1 ? ((((A + 2) * x) - (A + 3)) * x * x) + 1
            : x < 2 ? ((((((x - 5) * x) + 8) * x) - 4) * A)
            : 0;
    }
}
