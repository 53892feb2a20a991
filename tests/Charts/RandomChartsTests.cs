using LlavaCuda.Images;
using LlavaCuda.Trainer.Charts;

namespace LlavaCuda.Tests.Charts;

public class RandomChartsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Draw_AnyNamesAndValues_StaysWithinThePage(int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 12; round++)
        {
            AssertWithinThePage(Lines(random).Draw());
            AssertWithinThePage(Bars(random).Draw());
        }
    }

    private static LineChart Lines(Random random) => new(Name(random), Name(random), Name(random), [.. Some(random, 9, () => Line(random))])
    {
        LogX = random.Next(2) == 0,
        LogY = random.Next(2) == 0,
        WholeX = random.Next(2) == 0,
        Note = random.Next(2) == 0 ? Name(random) : null,
        Levels = [.. Some(random, 4, () => new ChartLevel(Name(random), Value(random)))],
    };

    private static ChartLine Line(Random random)
    {
        double x = Math.Pow(10, random.Next(-5, 12));
        return new ChartLine(
            Name(random), [.. Some(random, 200, () => new ChartPoint(x += random.NextDouble() * x, Value(random)))], (LineLook)random.Next(3));
    }

    private static BarChart Bars(Random random)
    {
        string[] categories = [.. Some(random, 30, () => Name(random))];
        List<BarSeries> series = Some(random, 6, () => new BarSeries(Name(random), [.. categories.Select(_ => Bar(random))]));
        return new BarChart(Name(random), Name(random), categories, series)
        {
            Marks = [.. Some(random, 9, () => new BarMarks(Name(random), [.. categories.Select(_ => Value(random))]))],
            Levels = [.. Some(random, 4, () => new ChartLevel(Name(random), Value(random)))],
            IsSpread = random.Next(2) == 0,
            Format = random.Next(2) == 0 ? "0.00" : "N0",
        };
    }

    private static BarValue Bar(Random random) => new(Value(random), Value(random), Value(random));

    private static List<T> Some<T>(Random random, int most, Func<T> make) => [.. Enumerable.Range(0, random.Next(most)).Select(_ => make())];

    private static string Name(Random random) =>
        string.Concat(Some(random, random.Next(1, 60), () => (char)(random.Next(5) == 0 ? random.Next(0xffff) : random.Next(' ', '\u007f'))));

    private static double Value(Random random) => random.Next(12) switch
    {
        0 => double.NaN,
        1 => double.PositiveInfinity,
        2 => 0,
        3 => 9e99,
        4 => -9e99,
        5 => 1e-300,
        6 => double.MaxValue,
        7 => Math.Pow(10, random.Next(-12, 12)),
        8 => -random.NextDouble(),
        9 => 1 + (random.NextDouble() * 1e-9),
        _ => random.NextDouble() * 100,
    };

    private static void AssertWithinThePage(RgbImage image)
    {
        Assert.True(ChartPixels.IsBlank(image, 0, 0, ChartPage.Margin, image.Height));
        Assert.True(ChartPixels.IsBlank(image, image.Width - (ChartPage.Margin / 2), 0, ChartPage.Margin / 2, image.Height));
    }
}
