using LlavaCuda.Images;
using LlavaCuda.Trainer.Charts;

namespace LlavaCuda.Tests.Charts;

public class LossChartTests
{
    [Fact]
    public void Write_TwoStages_IsAPictureWithTheirColours()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("llava-chart").FullName, "loss.png");
        LossChart.Write(path, "llava-tiny: loss", [Run("pretrain", 400, 3.2, 1), Run("finetune", 900, 1.4, 2), Few("held out", 900)]);
        RgbImage image = ImageFile.Read(path);
        Assert.Equal(1600, image.Width);
        Assert.True(ChartPixels.Of(image, ChartColours.OfSeries(0)).Count > 500);
        Assert.True(ChartPixels.Of(image, ChartColours.OfSeries(1)).Count > 500);
        Assert.True(ChartPixels.Of(image, ChartColours.OfSeries(2)).Count > 200);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Draw_LossesOverManyPowers_AreOnALogarithmicAxisUnlessSaidOtherwise()
    {
        LossSeries falling = Series("falling", 200, static step => 8 * Math.Exp(-step / 20.0));
        byte[] chosen = LossChart.Draw("wide", [falling]).Pixels.ToArray();
        Assert.Equal(LossChart.Draw("wide", [falling], logarithmic: true).Pixels.ToArray(), chosen);
        Assert.NotEqual(LossChart.Draw("wide", [falling], logarithmic: false).Pixels.ToArray(), chosen);
        LossSeries narrow = Series("narrow", 200, static step => 8 - (step / 30.0));
        byte[] linear = LossChart.Draw("narrow", [narrow], logarithmic: false).Pixels.ToArray();
        Assert.Equal(linear, LossChart.Draw("narrow", [narrow]).Pixels.ToArray());
    }

    [Theory]
    [InlineData(null)]
    [InlineData(true)]
    [InlineData(false)]
    public void Draw_OddSeries_DoesNotThrow(bool? logarithmic)
    {
        LossChart.Draw(string.Empty, [], logarithmic);
        LossChart.Draw("empty", [new LossSeries("none", [])], logarithmic);
        LossChart.Draw("one", [new LossSeries("one", [new ChartPoint(7, 2.5)])], logarithmic);
        LossChart.Draw("zero", [new LossSeries("zero", [new ChartPoint(1, 0), new ChartPoint(2, 0)])], logarithmic);
        LossChart.Draw("bad", [Series("bad", 2, static step => step == 0 ? double.NaN : double.PositiveInfinity)], logarithmic);
        LossChart.Draw("wild", [Series("wild", 200, static step => step == 100 ? 1e30 : Math.Exp(-step))], logarithmic);
        LossSeries far = new("far", [.. Enumerable.Range(0, 40).Select(static step => new ChartPoint(step * 1_000_000_000L, step - 20))]);
        LossChart.Draw("far", [far], logarithmic);
    }

    [Fact]
    public void Smoothed_AMillionPoints_AreFewerOnTheSameCurve()
    {
        LossSeries many = Series("many", 1_000_000, static step => step == 77 ? double.NaN : 5 * Math.Exp(-step / 3e5));
        ChartPoint[] smoothed = many.Smoothed();
        Assert.InRange(smoothed.Length, 10_000, 20_001);
        Assert.All(smoothed[1000..^1000], static point => Assert.Equal(5 * Math.Exp(-point.X / 3e5), point.Y, 0.01));
    }

    [Fact]
    public void Smoothed_ConstantLoss_StaysConstant()
    {
        LossSeries series = new("constant", [.. Enumerable.Range(1, 500).Select(step => new ChartPoint(step, 0.75))]);
        Assert.All(series.Smoothed(), point => Assert.Equal(0.75, point.Y, 1e-12));
    }

    internal static LossSeries Run(string name, int steps, double start, int seed)
    {
        Random random = new(seed);
        return Series(name, steps, step => (start * Math.Exp(-step * 3.0 / steps)) + 0.3 + (0.25 * random.NextDouble()));
    }

    private static LossSeries Series(string name, int steps, Func<int, double> loss) =>
        new(name, [.. Enumerable.Range(0, steps).Select(step => new ChartPoint(step, loss(step)))]);

    private static LossSeries Few(string name, int steps) =>
        new(name, [.. Enumerable.Range(1, 9).Select(i => new ChartPoint(i * steps / 9, 0.6 + (1.0 / i)))]);
}
