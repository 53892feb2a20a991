using LlavaCuda.Images;
using LlavaCuda.Trainer.Charts;
using SkiaSharp;

namespace LlavaCuda.Tests.Charts;

public class LineChartTests
{
    [Theory]
    [InlineData(false, 1, 2, 3)]
    [InlineData(true, 1, 10, 100)]
    public void Draw_FlatLines_LieWhereTheAxisSays(bool logarithmic, double low, double middle, double high)
    {
        ChartLine[] lines = [.. new[] { low, middle, high }.Select((y, i) => new ChartLine($"line {i}", [new(1, y), new(50, y)]))];
        RgbImage image = new LineChart("flat", "x", "y", lines) { LogY = logarithmic }.Draw();
        double[] rows = [.. Enumerable.Range(0, 3).Select(i => Plotted(image, i).Average(static place => place.Y))];
        Assert.True(rows[0] > rows[1] + 50 && rows[1] > rows[2] + 50);
        Assert.Equal(rows[1], (rows[0] + rows[2]) / 2, 1.5);
    }

    [Fact]
    public void Draw_Steps_LieWhereTheLogarithmSays()
    {
        ChartLine[] lines = [.. Enumerable.Range(0, 3).Select(static i => new ChartLine($"{i}", [new(Math.Pow(100, i), i + 1)]))];
        RgbImage image = new LineChart("dots", "x", "y", lines) { LogX = true }.Draw();
        double[] columns = [.. Enumerable.Range(0, 3).Select(i => Plotted(image, i).Average(static place => place.X))];
        Assert.Equal(columns[1], (columns[0] + columns[2]) / 2, 1.5);
        Assert.True(columns[2] > columns[0] + 1000);
    }

    [Fact]
    public void Draw_OnePointOfTwoMillion_IsSeen()
    {
        ChartPoint[] points = [.. Enumerable.Range(0, 2_000_000).Select(static i => new ChartPoint(i, i == 777_777 ? 9 : 1))];
        RgbImage image = new LineChart("spike", "x", "y", [new ChartLine("spike", points)]).Draw();
        List<(int X, int Y)> drawn = Plotted(image, 0);
        int top = drawn.Min(static place => place.Y), bottom = drawn.Max(static place => place.Y);
        Assert.True(bottom - top > 400, $"The spike goes from row {bottom} to {top}.");
        double column = drawn.Where(place => place.Y < top + 100).Average(static place => place.X);
        int left = drawn.Min(static place => place.X), right = drawn.Max(static place => place.X);
        Assert.Equal(left + ((right - left) * 777_777 / 2e6), column, 4.0);
    }

    [Fact]
    public void Draw_MillionsOfPoints_CopiesNone()
    {
        ChartPoint[] points = [.. Enumerable.Range(0, 2_000_000).Select(static i => new ChartPoint(i, i % 7))];
        LineChart chart = new("many", "x", "y", [new ChartLine("many", points), new ChartLine("faint", points, LineLook.Faint)]);
        chart.Draw();
        long before = GC.GetAllocatedBytesForCurrentThread();
        chart.Draw();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 16_000_000);
    }

    [Theory]
    [InlineData(1, "1")]
    [InlineData(2, "1 2")]
    [InlineData(3, "1 5 3")]
    [InlineData(40, "1 5 0 3")]
    public void Pick_OneColumn_KeepsFirstEndsAndLast(int count, string expected)
    {
        double[] between = [.. Enumerable.Range(0, Math.Max(count - 4, 0)).Select(static i => 2 + (i % 2))];
        double[] ys = count switch { 1 => [1], 2 => [1, 2], 3 => [1, 5, 3], _ => [1, .. between, 5, 0, 3] };
        ChartAxis axis = ChartAxis.Over(0, 10, logarithmic: false, margin: 0);
        ChartPoint[] points = [.. ys.Select(static (y, i) => new ChartPoint(1 + (i * 1e-6), y))];
        DrawnLine line = new(new ChartLine("line", points), logX: false, logY: false);
        (double[] xs, double[] picked) = line.Pick(axis, axis, 1600);
        Assert.Equal(expected, string.Join(' ', picked));
        Assert.Equal(xs.Order(), xs);
    }

    [Fact]
    public void Draw_Twice_GivesTheSameBytes()
    {
        ChartLine[] lines = [new("one", [new(1, 2), new(2, 5), new(3, 1)]), new("two", [new(1, 1)], LineLook.Dots)];
        LineChart chart = new("same", "x", "y", lines) { Levels = [new ChartLevel("chance", 2.5)] };
        byte[] first = ImageFile.EncodePng(chart.Draw());
        List<byte[]> others = [.. Enumerable.Range(0, 8).AsParallel().Select(_ => ImageFile.EncodePng(chart.Draw()))];
        Assert.All(others, other => Assert.Equal(first, other));
    }

    [Fact]
    public void Draw_Level_IsDashedAndNamed()
    {
        LineChart chart = new("level", "x", "y", [new ChartLine("one", [new(0, 0), new(1, 1)])]);
        int without = ChartPixels.Of(chart.Draw(), ChartColours.Quiet).Count;
        RgbImage levelled = (chart with { Levels = [new ChartLevel("chance", 0.5)] }).Draw();
        Assert.True(ChartPixels.Of(levelled, ChartColours.Quiet).Count > without + 300);
    }

    [Fact]
    public void Draw_ValuesFarOutside_LeaveTheRestInItsPlace()
    {
        RgbImage calm = Draw(1), wild = Draw(1e60);
        Assert.Equal(Plotted(calm, 1).Count, Plotted(wild, 1).Count);
        Assert.True(Plotted(wild, 1).Count > 1000);

        static RgbImage Draw(double outlier)
        {
            ChartPoint[] raw = [.. Enumerable.Range(0, 400).Select(i => new ChartPoint(i, i == 200 ? outlier : 1))];
            ChartLine[] lines = [new("raw", raw, LineLook.Faint), new("mean", [new(0, 0.5), new(399, 0.6)], LineLook.Plain, Colour: 1)];
            return new LineChart("wild", "x", "y", lines).Draw();
        }
    }

    [Fact]
    public void Draw_FallingX_IsRefused()
    {
        LineChart chart = new("falling", "x", "y", [new ChartLine("zigzag", [new(1, 0), new(3, 0), new(2, 0)])]);
        string message = Assert.Throws<ArgumentException>(chart.Draw).Message;
        Assert.Contains("zigzag are not by rising x: 2 comes after 3", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Draw_ValuesWithoutAPlace_AreLeftOut(bool logarithmic)
    {
        double nothing = logarithmic ? 0 : double.NaN;
        double[] values = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, nothing, nothing - 1];
        ChartPoint[] odd = [.. values.Select(static y => new ChartPoint(2, y))];
        Assert.Equal(Draw([new(1, 1), new(3, 4)]), Draw([new(1, 1), .. odd, new(3, 4)]));
        Assert.Equal(Draw([]), Draw(odd));

        byte[] Draw(ChartPoint[] points)
        {
            LineChart chart = new("odd", "x", "y", [new ChartLine("odd", points)]) { LogX = logarithmic, LogY = logarithmic };
            return chart.Draw().Pixels.ToArray();
        }
    }

    [Fact]
    public void Boxes_LongNames_DoNotOverlap()
    {
        foreach (int count in new[] { 0, 2, 7, 60 })
        {
            IEnumerable<string> names = Enumerable.Range(0, count).Select(i => Repeat($"model-{i}", 1 + (i * 7 % 23)));
            LegendEntry[] legend = [.. names.Select(static name => new LegendEntry(name, SKColors.Red))];
            ChartPage page = new(Repeat("a long title", count), Repeat("a note", count * 9), legend);
            SKRect[] boxes = [.. page.Boxes.Where(static box => box.Width > 0)];
            for (int i = 0; i < boxes.Length; i++)
            {
                Assert.InRange(boxes[i].Right, ChartPage.Margin, ChartPage.Width - ChartPage.Margin + 0.5f);
                Assert.True(boxes[i].Bottom <= page.Top);
                Assert.All(boxes[..i], other => Assert.False(other.IntersectsWith(boxes[i]), $"{other} and {boxes[i]} overlap"));
            }
        }
    }

    private static string Repeat(string text, int count) => string.Join(' ', Enumerable.Repeat(text, count));

    // The legend shows the colour too, above the plot.
    private static List<(int X, int Y)> Plotted(RgbImage image, int series) =>
        [.. ChartPixels.Of(image, ChartColours.OfSeries(series)).Where(place => place.Y > 150)];
}
