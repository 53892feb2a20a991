using LlavaCuda.Trainer.Charts;
using ScottPlot;

namespace LlavaCuda.Tests.Charts;

public class ChartAxisTests
{
    [Theory]
    [InlineData(18.5136746632629, 18.513674663262904)]
    [InlineData(0.1, 0.10000000000001)]
    [InlineData(5, 5)]
    [InlineData(0, 0)]
    [InlineData(-7, -7)]
    public void Over_NextToNoRange_HasRoomAround(double from, double to)
    {
        ChartAxis axis = ChartAxis.Over(from, to, logarithmic: false, margin: 0);
        Assert.True(axis.To - axis.From > 0.01);
        Assert.InRange(from, axis.From, axis.To);
    }

    [Fact]
    public void Place_Logarithm_IsThePower()
    {
        ChartAxis axis = ChartAxis.Over(0.001, 1000, logarithmic: true, margin: 0);
        Assert.Equal((-3, 3), (axis.From, axis.To));
        Assert.Equal(2, axis.Place(100), 1e-12);
        Assert.Equal(9, axis.PlaceNear(1e30));
    }

    [Theory]
    [InlineData(0.02, 4, "0.02 0.05 0.1 0.2 0.5 1 2")]
    [InlineData(0.001, 1e6, "0.001 0.01 0.1 1 10 100 1000 10k 100k 1M")]
    [InlineData(2, 9, "2 3 5 7")]
    [InlineData(2.1, 2.38, "2.1 2.15 2.2 2.25 2.3 2.35")]
    public void Ticks_Logarithmic_AreRoundNumbers(double from, double to, string expected)
    {
        ChartAxis axis = ChartAxis.Over(from, to, logarithmic: true, margin: 0.001);
        Assert.Equal(expected, Labels(axis, axis.Ticks(1)));
    }

    [Theory]
    [InlineData(1, 2, "1 2")]
    [InlineData(7, 7, "7")]
    [InlineData(0, 9, "0 1 2 3 4 5 6 7 8 9")]
    [InlineData(0, 3e9, "0 500M 1e9 1.5e9 2e9 2.5e9 3e9")]
    public void Ticks_Whole_LieAtWholeNumbers(double from, double to, string expected)
    {
        ChartAxis axis = ChartAxis.Over(from, to, logarithmic: false, margin: 0.01);
        Assert.Equal(expected, Labels(axis, axis.Ticks(0.5, whole: true)));
    }

    [Theory]
    [InlineData(1_234_567.1, 1_234_567.9)]
    [InlineData(-0.30001, -0.3)]
    [InlineData(-1e-9, 1e-9)]
    [InlineData(0, 1)]
    public void Ticks_AnyRange_AreToldApartByTheirLabels(double from, double to)
    {
        ChartAxis axis = ChartAxis.Over(from, to, logarithmic: false, margin: 0.04);
        string[] labels = Labels(axis, axis.Ticks(0.5)).Split(' ');
        Assert.InRange(labels.Length, 3, 12);
        Assert.Equal(labels.Length, labels.Distinct().Count());
    }

    [Theory]
    [InlineData(0.30000000000000004, "0.3")]
    [InlineData(0, "0")]
    [InlineData(9000, "9000")]
    [InlineData(20_000, "20k")]
    [InlineData(-2_500_000, "\u22122.5M")]
    [InlineData(1e-5, "1e-5")]
    [InlineData(3e12, "3e12")]
    [InlineData(1e-17, "1e-17")]
    public void Label_Number_IsShort(double value, string expected) => Assert.Equal(expected, ChartAxis.Label(value));

    [Theory]
    [InlineData(double.NaN, false, false)]
    [InlineData(double.NegativeInfinity, false, false)]
    [InlineData(1e300, false, false)]
    [InlineData(-1e30, false, true)]
    [InlineData(0, true, false)]
    [InlineData(0, false, true)]
    public void Takes_Value_IfItHasAPlace(double value, bool logarithmic, bool expected) =>
        Assert.Equal(expected, ChartAxis.Takes(value, logarithmic));

    private static string Labels(ChartAxis axis, ITickGenerator ticks)
    {
        // In the typeface of charts: another is wider, and has room for fewer.
        using Paint paint = Paint.NewDisposablePaint();
        ticks.Regenerate(new CoordinateRange(axis.From, axis.To), Edge.Bottom, new PixelLength(700), paint, new LabelStyle { FontName = ChartFont.Family });
        return string.Join(' ', ticks.Ticks.Where(static tick => tick.IsMajor).Select(static tick => tick.Label));
    }
}
