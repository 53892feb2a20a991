using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Evaluation.Statistics;

/// <summary>
/// Percentile intervals from resampling with replacement (Efron and Tibshirani 1993), from a fixed seed: the same rows give the same
/// interval.
/// </summary>
internal static class Bootstrap
{
    private const long MostDraws = 20_000_000;
    private const int MostResamples = 10_000;
    private const int LeastResamples = 200;
    private const double Tail = 0.025;

    /// <summary>Computes the interval of a figure.</summary>
    /// <param name="count">The number of rows.</param>
    /// <param name="figure">Computes the figure of chosen rows, by their places; NaN where it has none.</param>
    /// <param name="clusterOf">What rows that belong together have in common, which are drawn together; null for none.</param>
    internal static Interval Of(int count, Func<IReadOnlyList<int>, double> figure, Func<int, object>? clusterOf = null)
    {
        if (count == 0)
        {
            return new Interval(double.NaN, double.NaN);
        }

        int[][] clusters = clusterOf is null
            ? [.. Enumerable.Range(0, count).Select(static i => (int[])[i])]
            : [.. Enumerable.Range(0, count).GroupBy(clusterOf).Select(static cluster => cluster.ToArray())];
        int resamples = (int)Math.Clamp(MostDraws / count, LeastResamples, MostResamples);
        CounterRandom random = new(0, "bootstrap");
        double[] figures = new double[resamples];
        Parallel.For(0, resamples, resample =>
        {
            List<int> rows = new(count);
            for (int i = 0; i < clusters.Length; i++)
            {
                rows.AddRange(clusters[random.Below(((ulong)resample * (ulong)clusters.Length) + (ulong)i, clusters.Length)]);
            }

            figures[resample] = figure(rows);
        });
        double[] sorted = [.. figures.Where(double.IsFinite).Order()];
        return sorted.Length == 0
            ? new Interval(double.NaN, double.NaN)
            : new Interval(Quantile(sorted, Tail), Quantile(sorted, 1 - Tail));
    }

    // Linear between neighbours.
    private static double Quantile(double[] sorted, double share)
    {
        double at = share * (sorted.Length - 1);
        int below = (int)at;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below]));
    }
}
