namespace LlavaCuda.Trainer.Evaluation.Statistics;

/// <summary>An interval that holds the true value with 95 % confidence; NaN ends where there is none.</summary>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end.</param>
internal readonly record struct Interval(double Low, double High)
{
    // The 97.5 % point of the normal distribution.
    private const double Z = 1.959963984540054;

    /// <summary>
    /// Wilson's interval of a share (Wilson 1927): unlike the plain one it does not leave 0 to 1, and is not a point at their ends.
    /// </summary>
    /// <param name="successes">How many of them.</param>
    /// <param name="count">How many there are.</param>
    internal static Interval Wilson(long successes, long count)
    {
        if (count == 0)
        {
            return new Interval(double.NaN, double.NaN);
        }

        double share = (double)successes / count, squared = Z * Z;
        double middle = (share + (squared / (2 * count))) / (1 + (squared / count));
        double half = Z / (1 + (squared / count)) * Math.Sqrt((share * (1 - share) / count) + (squared / (4.0 * count * count)));
        return new Interval(successes == 0 ? 0 : middle - half, successes == count ? 1 : middle + half);
    }
}
