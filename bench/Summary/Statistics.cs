namespace LlavaCuda.Bench.Summary;

/// <summary>What is left of repeated measurements.</summary>
internal static class Statistics
{
    /// <summary>The middle value; of two middle ones the larger.</summary>
    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
