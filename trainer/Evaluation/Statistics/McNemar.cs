namespace LlavaCuda.Trainer.Evaluation.Statistics;

/// <summary>McNemar's test of two runs over the same questions (McNemar 1947), exact: of the questions on which just one of them is right, are
/// those of either more than chance?</summary>
internal static class McNemar
{
    /// <summary>Computes the two-sided p-value.</summary>
    /// <param name="first">The questions on which only the first run is right.</param>
    /// <param name="second">The questions on which only the second is.</param>
    /// <returns>1 where there are none.</returns>
    internal static double P(long first, long second)
    {
        long count = first + second, least = Math.Min(first, second);

        // Twice the sum of the binomial distribution with 1/2 up to the smaller count; by logarithms, as its terms underflow.
        double logTerm = -count * Math.Log(2), sum = 0;
        for (long k = 0; k <= least; k++)
        {
            sum += Math.Exp(logTerm);
            logTerm += Math.Log(count - k) - Math.Log(k + 1);
        }

        return Math.Min(1, 2 * sum);
    }
}
