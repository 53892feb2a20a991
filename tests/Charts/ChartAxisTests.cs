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
        Assert.False(axis.Takes(0));
        Assert.False(axis.Takes(double.NaN));
    }

    [Theory]
    [InlineData(0.02, 4, "0.02 0.05 0.1 0.2 0.5 1 2")]
    [InlineData(0.001, 1e6, "0.001 0.01 0.1 1 10 100 1000 10k 100k 1M")]
    [InlineData(2, 9, "2 3 4 5 6 7 8 9")]
    public void Ticks_Logarithmic_AreRoundNumbers(double from, double to, string expected)
    {
        ChartAxis axis = ChartAxis.Over(from, to, logarithmic: true, margin: 0.001);
        ITickGenerator ticks = axis.Ticks(1);
        using Paint paint = Paint.NewDisposablePaint();
        ticks.Regenerate(new CoordinateRange(axis.From, axis.To), Edge.Bottom, new PixelLength(500), paint, new LabelStyle());
        Assert.Equal(expected, string.Join(' ', ticks.Ticks.Select(tick => tick.Label)));
    }

    [Theory]
    [InlineData(0.30000000000000004, "0.3")]
    [InlineData(0, "0")]
    [InlineData(9000, "9000")]
    [InlineData(20_000, "20k")]
    [InlineData(-2_500_000, "\u22122.5M")]
    [InlineData(1e-5, "1e-5")]
    [InlineData(3e12, "3e12")]
    [InlineData(1e-17, "0")]
    public void Label_Number_IsShort(double value, string expected) => Assert.Equal(expected, ChartAxis.Label(value));
}
