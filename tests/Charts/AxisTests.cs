using LlavaCuda.Trainer.Charts;

namespace LlavaCuda.Tests.Charts;

public class AxisTests
{
    [Theory]
    [InlineData(18.5136746632629, 18.513674663262904)]
    [InlineData(0.1, 0.10000000000001)]
    [InlineData(5, 5)]
    [InlineData(0, 0)]
    public void Linear_NextToNoRange_HasTicksAroundIt(double from, double to)
    {
        Axis axis = Axis.Linear(from, to, 7, widen: true);
        Assert.InRange(axis.Ticks.Count, 3, 16);
        Assert.InRange(from, axis.Ticks[0], axis.Ticks[^1]);
    }

    [Fact]
    public void Linear_Widened_EndsAtRoundNumbers()
    {
        Axis axis = Axis.Linear(0.13, 3.47, 7, widen: true);
        Assert.Equal([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5], axis.Ticks, (expected, actual) => Math.Abs(expected - actual) < 1e-12);
        Assert.Equal(0, axis.Place(0));
        Assert.Equal(1, axis.Place(3.5), 1e-12);
    }

    [Fact]
    public void Linear_AsItIs_KeepsTheEnds()
    {
        Axis axis = Axis.Linear(1, 900, 8, widen: false);
        Assert.Equal([200, 400, 600, 800], axis.Ticks);
        Assert.Equal(0, axis.Place(1));
        Assert.Equal(1, axis.Place(900));
    }

    [Fact]
    public void Logarithmic_TwoDecades_HasOneTwoFive()
    {
        Axis axis = Axis.Logarithmic(0.03, 4);
        Assert.Equal([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5], axis.Ticks, (expected, actual) => Math.Abs(expected - actual) < 1e-12);
        Assert.Equal(0.5, axis.Place(Math.Sqrt(0.02 * 5)), 1e-9);
    }

    [Theory]
    [InlineData(0.30000000000000004, "0.3")]
    [InlineData(0, "0")]
    [InlineData(9000, "9000")]
    [InlineData(20_000, "20k")]
    [InlineData(-2_500_000, "-2.5M")]
    public void Label_Number_IsShort(double value, string expected) => Assert.Equal(expected, Axis.Label(value));
}
