using LlavaCuda.Optimizers;

namespace LlavaCuda.Tests.Optimizers;

public sealed class LearningRateScheduleTests
{
    [Theory]
    [InlineData(5198, 156)]
    [InlineData(2181, 66)]
    [InlineData(100, 3)]
    [InlineData(1, 1)]
    public void FromRatio_LlavasRuns_RoundsTheWarmupUp(long steps, long warmup) =>
        Assert.Equal(warmup, LearningRateSchedule.FromRatio(steps, 0.03).WarmupSteps);

    [Fact]
    public void Factor_FullRun_HasTheGoldenValues()
    {
        LearningRateSchedule schedule = LearningRateSchedule.FromRatio(5198, 0.03);
        Assert.Equal(0, schedule.Factor(0));
        Assert.Equal(0.5, schedule.Factor(78));
        Assert.Equal(1, schedule.Factor(156));
        Assert.Equal(0.5, schedule.Factor(156 + ((5198 - 156) / 2)), 1e-12);
        Assert.Equal(0, schedule.Factor(5198), 1e-12);
    }

    [Fact]
    public void Factor_NoWarmup_BeginsAtThePeak()
    {
        LearningRateSchedule schedule = LearningRateSchedule.FromRatio(4, 0);
        Assert.Equal([1, 0.853553390593, 0.5, 0.146446609407], [.. Enumerable.Range(0, 4).Select(t => Math.Round(schedule.Factor(t), 12))]);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void FromRatio_NoShare_Throws(double ratio) => Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.FromRatio(10, ratio));
}
