namespace LlavaCuda.Trainer.Verification;

/// <summary>Makes the rows of the report from what a device, the unrounded processor and its rounded twins computed.</summary>
internal static class VerifyRows
{
    /// <summary>
    /// How much more than the rounding of activations a device may err: its kernels also round what stays inside them, the weights of
    /// attention for one.
    /// </summary>
    private const double WorseThanRounding = 1.25;

    /// <summary>Standard deviations by which a device's rounding may be unlucky; the deviation is that of the twins.</summary>
    private const double Deviations = 6;

    /// <summary>
    /// How often the largest of the twins' errors a single number's may be: eight twins' largest is about two standard deviations, known
    /// to a third.
    /// </summary>
    private const double LargestOfTwins = 4;

    /// <summary>
    /// From so many on, single numbers are compared together too: norms of a model's tensors, but not losses of a few steps.
    /// </summary>
    private const int Many = 12;

    /// <summary>Makes the rows of quantities: one each, or, of many tensors, one for all of them together and one for the worst.</summary>
    /// <param name="actual">The device's.</param>
    /// <param name="exact">The processor's, in the same order.</param>
    /// <param name="draws">The twins'.</param>
    /// <returns>The rows.</returns>
    internal static IEnumerable<VerifyRow> Of(Quantity[] actual, Quantity[] exact, Quantity[][] draws)
    {
        IEnumerable<Compared> compared = actual.Select((q, i) => new Compared(q, new RoundingYardstick(exact[i], [.. draws.Select(d => d[i])])));
        foreach (IGrouping<string, Compared> row in compared.GroupBy(static c => c.Quantity.Row))
        {
            Compared[] counted = [.. row.Where(static c => c.Yardstick.Tells)];
            if (counted.Length == 0)
            {
                continue;
            }

            bool one = counted.Length == 1;
            bool numbers = counted[0].Quantity.Parts is not null;

            // Of a few steps only the worst is told: their numbers are too few to have a size together.
            bool together = !numbers || counted.Length >= Many;
            if (one || together)
            {
                yield return Together(row.Key, counted, bounded: one);
            }

            if (!one)
            {
                yield return Worst(together ? $"{row.Key}, worst" : row.Key, counted);
            }

            if (counted[0].Quantity is { Gradient: not null, Decays: false })
            {
                yield return Along($"{row.Key}, size", counted);
            }
        }
    }

    /// <summary>
    /// Makes the row of greedy tokens: how much likelier than the chosen token the reference's is, which rounding may make up for.
    /// </summary>
    /// <param name="expected">The reference's tokens.</param>
    /// <param name="chosen">The device's.</param>
    /// <param name="exact">The logits of each.</param>
    /// <param name="draws">The twins' logits.</param>
    /// <returns>The row.</returns>
    internal static VerifyRow OfTokens(int[] expected, int[] chosen, float[][] exact, float[][][] draws)
    {
        (double Error, double Rounding, string Worst) worst = (0, 0, string.Empty);
        for (int i = 0; i < expected.Length; i++)
        {
            float[] logits = exact[i];
            double size = Comparison.Distance(logits, []);
            double rounding = Math.Sqrt(2) * Comparison.RootMeanSquare([.. draws.Select(d => Comparison.Distance(d[i], logits) / size)]);
            double error = Math.Abs(logits[expected[i]] - (double)logits[chosen[i]]) * Math.Sqrt(logits.Length) / size;
            if (i == 0 || !(error / rounding <= worst.Error / worst.Rounding))
            {
                worst = (error, rounding, chosen[i] == expected[i] ? string.Empty : $"token {i}: {chosen[i]}, not {expected[i]}");
            }
        }

        return new VerifyRow("greedy tokens", worst.Error, worst.Rounding, (WorseThanRounding + Deviations) * worst.Rounding, worst.Worst);
    }

    // The errors of many single numbers have a size of their own; that of one is bounded by its parts'.
    private static VerifyRow Together(string name, Compared[] parts, bool bounded)
    {
        double[][] errors = [.. parts.Select(p => bounded ? p.Yardstick.Draws : p.Yardstick.OwnDraws)];
        double OfTwin(int k) => Comparison.RootMeanSquare([.. parts.Select((p, i) => errors[i][k] / p.Yardstick.Size)]);
        double[] draws = [.. errors[0].Select((_, k) => OfTwin(k))];
        return Row(name, Comparison.RootMeanSquare([.. parts.Select(static p => p.Error / p.Yardstick.Size)]), 1, draws, string.Empty);
    }

    // Each part is measured by its own rounding, each twin's worst part by that of the other twins.
    private static VerifyRow Worst(string name, Compared[] parts)
    {
        Compared worst = parts.MaxBy(static p => double.IsNaN(p.Error) ? double.PositiveInfinity : p.Error / p.Yardstick.Usual)!;
        double[] draws = [.. worst.Yardstick.Draws.Select((_, k) => parts.Max(p => p.Yardstick.Draws[k] / p.Yardstick.UsualBut(k)))];
        return Row(name, worst.Error / worst.Yardstick.Size, worst.Yardstick.Usual / worst.Yardstick.Size, draws, worst.Quantity.Name);
    }

    // One number, of which the largest of the twins' tells more than their mean.
    private static VerifyRow Along(string name, Compared[] parts)
    {
        (double Error, double[] Draws, double Whole)[] along = [.. parts.Select(static p => p.Yardstick.Along(p.Quantity))];
        double whole = along.Sum(static a => a.Whole);
        double largest = parts[0].Yardstick.Draws.Select((_, k) => Math.Abs(along.Sum(a => a.Draws[k]))).Max() / whole;
        return new VerifyRow(name, Math.Abs(along.Sum(static a => a.Error)) / whole, largest, LargestOfTwins * largest);
    }

    private static VerifyRow Row(string name, double error, double unit, double[] draws, string worst)
    {
        double usual = Comparison.RootMeanSquare(draws);
        double mean = draws.Average();
        double deviation = Math.Sqrt(draws.Average(d => (d - mean) * (d - mean)));
        return new VerifyRow(name, error, unit * usual, unit * ((WorseThanRounding * usual) + (Deviations * deviation)), worst);
    }

    private sealed record Compared(Quantity Quantity, RoundingYardstick Yardstick)
    {
        internal double Error { get; } = Yardstick.Error(Quantity);
    }
}
