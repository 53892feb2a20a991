namespace LlavaCuda.Trainer.Verification;

/// <summary>Errors of numbers against a reference.</summary>
internal static class Comparison
{
    /// <summary>Computes the relative L2 error, <c>|actual − expected| / |expected|</c>.</summary>
    /// <param name="actual">Ours.</param>
    /// <param name="expected">The reference's.</param>
    /// <param name="norm">What to divide by instead of the reference's own norm, or null.</param>
    /// <returns>The error; not a number when an element is not.</returns>
    internal static double RelativeError(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double? norm = null)
    {
        if (actual.Length != expected.Length)
        {
            throw new InvalidDataException($"The reference has {expected.Length} values where the model has {actual.Length}.");
        }

        double difference = 0;
        double size = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            size += Math.Pow(expected[i], 2);
        }

        double by = norm ?? Math.Sqrt(size);
        return by == 0 ? (difference == 0 ? 0 : double.PositiveInfinity) : Math.Sqrt(difference) / by;
    }

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
