using LlavaCuda.Images;
using LlavaCuda.Trainer.Charts;

namespace LlavaCuda.Tests.Charts;

public class BarChartTests
{
    [Fact]
    public void Draw_Values_AreAsLongAsTheyAre()
    {
        BarChart chart = new("bars", "value", ["a", "b", "c"], [new BarSeries("s", [new(25), new(50), new(100)])]) { Range = (0, 100) };
        RgbImage image = chart.Draw();
        int[] lengths = Lengths(image, 3);
        Assert.Equal(lengths[2] / 2.0, lengths[1], 3.0);
        Assert.Equal(lengths[2] / 4.0, lengths[0], 3.0);
        Assert.True(lengths[2] > 900);
    }

    [Fact]
    public void Draw_NegativeValues_EndAtZero()
    {
        RgbImage image = new BarChart("bars", "value", ["a", "b"], [new BarSeries("s", [new(-3), new(3)])]).Draw();
        List<(int X, int Y)> places = ChartPixels.Of(image, ChartColours.OfBars(0));
        int middle = (places.Min(static place => place.Y) + places.Max(static place => place.Y)) / 2;
        int endOfFirst = places.Where(place => place.Y < middle).Max(static place => place.X);
        int beginOfSecond = places.Where(place => place.Y > middle).Min(static place => place.X);
        Assert.InRange(beginOfSecond - endOfFirst, 0, 6);
    }

    [Fact]
    public void Draw_IntervalsAndMarks_AreThere()
    {
        BarChart plain = new("bars", "value", ["a"], [new BarSeries("s", [new(50)])]) { Range = (0, 100) };
        int before = ChartPixels.Of(plain.Draw(), ChartColours.Ink).Count;
        int whiskers = ChartPixels.Of((plain with { Series = [new BarSeries("s", [new(50, 20, 80)])] }).Draw(), ChartColours.Ink).Count;
        RgbImage marked = (plain with { Marks = [new BarMarks("paper", [75])] }).Draw();
        Assert.True(whiskers > before + 300);

        // The diamond lies halfway between the end of the bar and that of the axis, as far as the bar is long from it.
        List<(int X, int Y)> bar = [.. ChartPixels.Of(marked, ChartColours.OfBars(0)).Where(static place => place.Y > 150)];
        int left = bar.Min(static place => place.X), right = bar.Max(static place => place.X);
        int row = (bar.Min(static place => place.Y) + bar.Max(static place => place.Y)) / 2;
        Assert.Contains((left + ((right - left) * 3 / 2), row), ChartPixels.Of(marked, ChartColours.Ink));
    }

    [Fact]
    public void Draw_Levels_AreNamedAndCrossTheBars()
    {
        BarChart plain = new("bars", "value", ["a"], [new BarSeries("s", [new(50)])]) { Range = (0, 100) };
        RgbImage image = (plain with { Levels = [new ChartLevel("chance", 25)] }).Draw();
        List<(int X, int Y)> bar = [.. ChartPixels.Of(image, ChartColours.OfBars(0)).Where(static place => place.Y > 150)];
        int left = bar.Min(static place => place.X), right = bar.Max(static place => place.X);
        int[] columns = [.. ChartPixels.Of(image, ChartColours.Ink).Where(static place => place.Y > 150).Select(static place => place.X)];
        columns = [.. columns.Where(x => x > left + 20 && x < right - 20)];
        Assert.True(columns.Length > 20);
        Assert.Equal((left + right) / 2.0, columns.Average(), 2.0);
    }

    [Fact]
    public void Draw_Spread_IsShorterThanTheEnds()
    {
        BarChart ends = new("bars", "value", ["a"], [new BarSeries("s", [new(50, 40, 60)])]) { Range = (0, 100) };
        RgbImage byEnds = ends.Draw(), bySpread = (ends with { IsSpread = true }).Draw();
        Assert.True(Right(bySpread) > Right(byEnds) + 30);

        static int Right(RgbImage image) => ChartPixels.Of(image, ChartColours.OfBars(0)).Max(static place => place.X);
    }

    [Fact]
    public void Draw_NoValue_HasNoBar()
    {
        RgbImage image = new BarChart("bars", "value", ["a"], [new BarSeries("s", [new(double.NaN)])]) { Range = (0, 1) }.Draw();
        Assert.Empty(ChartPixels.Of(image, ChartColours.OfBars(0)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Draw_LongNames_KeepClearOfTheBars(int count)
    {
        string[] names =
        [
            "detailed description of everything that can be seen in the image, in as many words as it takes to say so and more",
            "\u4e2d\u6587",
            "unbreakable_name_of_a_category_that_has_no_space_at_all_anywhere",
            "b",
        ];
        BarValue[] values = [new(1, -2, 3), new(99.99, 99, 100), new(50), new(double.NaN)];
        BarSeries[] series = [.. Enumerable.Range(0, count).Select(i => new BarSeries($"a run with a long name, number {i}", values))];
        RgbImage image = new BarChart("bars", "value", names, series) { Range = (0, 100), Format = "0.00" }.Draw();
        List<(int X, int Y)> bars = [.. ChartPixels.Of(image, ChartColours.OfBars(0)).Where(static place => place.Y > 200)];
        int left = bars.Min(static place => place.X), top = bars.Min(static place => place.Y);
        Assert.True(ChartPixels.IsBlank(image, left - 20, top, 14, image.Height - top - 120));
        Assert.True(ChartPixels.IsBlank(image, 0, 0, 30, image.Height));
        Assert.True(ChartPixels.IsBlank(image, image.Width - 30, 0, 30, image.Height));
        Assert.InRange(left, 300, 700);
    }

    [Fact]
    public void Draw_ThousandsOfCategories_DrawsTheFirst()
    {
        string[] names = [.. Enumerable.Range(0, 5000).Select(static i => $"category {i}")];
        BarSeries series = new("s", [.. names.Select(static (_, i) => new BarValue(i))]);
        RgbImage image = new BarChart("many", "value", names, [series]).Draw();
        Assert.InRange(image.Height, 200 * 40, 200 * 70);
        RgbImage grouped = new BarChart("many", "value", names, [.. Enumerable.Repeat(series, 20)]).Draw();
        Assert.InRange(grouped.Height, 200 * 30, 200 * 70);
    }

    [Fact]
    public void Draw_NothingOrAnotherCount_IsAPageOrRefused()
    {
        Assert.True(new BarChart("empty", "value", [], []).Draw().Height > 100);
        BarChart chart = new("bars", "value", ["a", "b"], [new BarSeries("runs", [new(1)])]);
        Assert.Equal("runs has 1 values for 2 categories.", Assert.Throws<ArgumentException>(chart.Draw).Message);
    }

    private static int[] Lengths(RgbImage image, int rows)
    {
        List<(int X, int Y)> places = ChartPixels.Of(image, ChartColours.OfBars(0));
        int top = places.Min(static place => place.Y), bottom = places.Max(static place => place.Y) + 1;
        ILookup<int, (int X, int Y)> byRow = places.ToLookup(place => (place.Y - top) * rows / (bottom - top));
        return [.. Enumerable.Range(0, rows).Select(row => byRow[row].CountBy(static place => place.Y).Max(static line => line.Value))];
    }
}
