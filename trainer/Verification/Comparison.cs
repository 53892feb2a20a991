namespace LlavaCuda.Trainer.Verification;

/// <summary>Differences of numbers.</summary>
internal static class Comparison
{
    /// <summary>Computes the norm of a difference.</summary>
    /// <param name="a">Numbers.</param>
    /// <param name="b">As many, or none for zeros.</param>
    /// <param name="counts">Which of them count, or null for all.</param>
    /// <returns>The norm; not a number when an element is not.</returns>
    internal static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b, bool[]? counts = null)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double difference = (double)a[i] - (b.Length > 0 ? b[i] : 0);
            sum += counts is null || counts[i] ? difference * difference : 0;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>Computes a root mean square.</summary>
    /// <param name="values">At least one.</param>
    /// <returns>The root of the mean of the squares.</returns>
    internal static double RootMeanSquare(IReadOnlyCollection<double> values) => Math.Sqrt(values.Average(static v => v * v));

    /// <summary>Picks the elements that the reference kept: value i of n is element <c>round(i (elements − 1) / (n − 1))</c>, halves to even.</summary>
    /// <param name="values">All elements.</param>
    /// <param name="count">How many the reference kept.</param>
    /// <returns>The sample.</returns>
    internal static float[] Sample(ReadOnlySpan<float> values, int count)
    {
        float[] sample = new float[count];
        for (int i = 0; i < count; i++)
        {
            sample[i] = values[(int)Math.Round((double)i * (values.Length - 1) / Math.Max(count - 1, 1), MidpointRounding.ToEven)];
        }

        return sample;
    }
}
