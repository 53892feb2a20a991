using LlavaCuda.Trainer.Evaluation.Statistics;

namespace LlavaCuda.Tests.Evaluation.Statistics;

public sealed class StatisticsTests
{
    // Newcombe (1998), table I, method 3; and the ends by hand: z² / (n + z²).
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    [InlineData(10, 10, 0.7225, 1.0)]
    public void Wilson_PublishedIntervals_AreFound(long successes, long count, double low, double high)
    {
        Interval interval = Interval.Wilson(successes, count);
        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
        Assert.True(double.IsNaN(Interval.Wilson(0, 0).Low));
    }

    // Sums of binomial coefficients by hand: 2 (1 + 6 + 15) / 64, ...
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(0, 6, 2 / 64.0)]
    [InlineData(2, 4, 44 / 64.0)]
    [InlineData(4, 2, 44 / 64.0)]
    [InlineData(3, 3, 1)]
    [InlineData(5, 15, 0.04138947)]
    public void McNemar_SmallCounts_AreExact(long first, long second, double expected) =>
        Assert.Equal(expected, McNemar.P(first, second), 8);

    [Fact]
    public void McNemar_LargeCounts_AgreeWithTheNormalDistribution()
    {
        // The exact sum in whole numbers; by the normal distribution, z is 499 / sqrt(100,500) = 1.57405 with the correction of
        // continuity, and p 0.1154767.
        Assert.Equal(0.11547629, McNemar.P(50_000, 50_500), 1e-7);
        Assert.InRange(McNemar.P(0, 100_000), 0, 1e-300);
    }

    [Fact]
    public void Bootstrap_Mean_IsThatOfTheNormalDistributionAndTheSameTwice()
    {
        double[] values = [.. Enumerable.Range(0, 1000).Select(static i => i % 10 / 9.0)];
        double Mean(IReadOnlyList<int> rows) => rows.Average(i => values[i]);
        Interval interval = Bootstrap.Of(values.Length, Mean);

        // The deviation of a value is sqrt(99 / 12) / 9.
        double half = 1.96 * Math.Sqrt(99 / 12.0) / 9 / Math.Sqrt(1000);
        Assert.InRange(interval.Low, 0.5 - (1.05 * half), 0.5 - (0.95 * half));
        Assert.InRange(interval.High, 0.5 + (0.95 * half), 0.5 + (1.05 * half));
        Assert.Equal(interval, Bootstrap.Of(values.Length, Mean));

        // Ten rows that are always alike are as good as one.
        double[] alike = [.. values.Chunk(10).SelectMany(static (chunk, i) => Enumerable.Repeat(i % 10 / 9.0, 10))];
        Interval wide = Bootstrap.Of(alike.Length, rows => rows.Average(i => alike[i]), static i => i / 10);
        Assert.InRange((wide.High - wide.Low) / (interval.High - interval.Low), 2.8, 3.5);
        Assert.True(double.IsNaN(Bootstrap.Of(0, Mean).Low));
    }
}
