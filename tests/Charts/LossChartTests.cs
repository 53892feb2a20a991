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
        Assert.Equal((1000, 600), (image.Width, image.Height));
        Assert.True(Count(image, new Colour(37, 99, 235)) > 500);
        Assert.True(Count(image, new Colour(217, 96, 12)) > 500);
        Assert.True(Count(image, new Colour(13, 148, 110)) > 200);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Draw_FlatLine_LiesWhereTheAxisSays()
    {
        // From 0 to 2 on an axis that spans the plot's height: a loss of 1 lies in the middle of 92..536.
        LossPoint[] points = [.. Enumerable.Range(0, 11).Select(step => new LossPoint(step, step is 0 ? 2 : step is 10 ? 0 : 1))];
        RgbImage image = LossChart.Draw("flat", [new LossSeries("flat", points)], logarithmic: false);
        Assert.Equal(new Colour(37, 99, 235), At(image, 500, 314));
        Assert.NotEqual(new Colour(37, 99, 235), At(image, 500, 330));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(true)]
    [InlineData(false)]
    public void Draw_OddSeries_DoesNotThrow(bool? logarithmic)
    {
        LossChart.Draw(string.Empty, [], logarithmic);
        LossChart.Draw("empty", [new LossSeries("none", [])], logarithmic);
        LossChart.Draw("one", [new LossSeries("one", [new LossPoint(7, 2.5)])], logarithmic);
        LossChart.Draw("zero", [new LossSeries("zero", [new LossPoint(1, 0), new LossPoint(2, 0)])], logarithmic);
        LossChart.Draw("bad", [new LossSeries("bad", [new LossPoint(1, double.NaN), new LossPoint(2, double.PositiveInfinity)])], logarithmic);
        LossChart.Draw("wild", [new LossSeries("wild", [.. Enumerable.Range(0, 200).Select(step => new LossPoint(step, step == 100 ? 1e30 : Math.Exp(-step)))])], logarithmic);
        LossChart.Draw("far", [new LossSeries("far", [.. Enumerable.Range(0, 40).Select(step => new LossPoint(step * 1_000_000_000L, step - 20))])], logarithmic);
    }

    [Fact]
    public void Smoothed_ConstantLoss_StaysConstant()
    {
        LossSeries series = new("constant", [.. Enumerable.Range(1, 500).Select(step => new LossPoint(step, 0.75))]);
        Assert.All(series.Smoothed(), point => Assert.Equal(0.75, point.Loss, 1e-12));
    }

    internal static LossSeries Run(string name, int steps, double start, int seed)
    {
        Random random = new(seed);
        return new LossSeries(name, [.. Enumerable.Range(1, steps).Select(step => new LossPoint(step, (start * Math.Exp(-step * 3.0 / steps)) + 0.3 + (0.25 * random.NextDouble())))]);
    }

    private static LossSeries Few(string name, int steps) =>
        new(name, [.. Enumerable.Range(1, 9).Select(i => new LossPoint(i * steps / 9, 0.6 + (1.0 / i)))]);

    private static Colour At(RgbImage image, int x, int y)
    {
        Span<byte> pixel = image.Row(y).Slice(x * 3, 3);
        return new Colour(pixel[0], pixel[1], pixel[2]);
    }

    private static int Count(RgbImage image, Colour colour)
    {
        int count = 0;
        for (int i = 0; i < image.Width * image.Height; i++)
        {
            count += At(image, i % image.Width, i / image.Width) == colour ? 1 : 0;
        }

        return count;
    }
}
