using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Evaluation.Benchmarks;
using LlavaCuda.Trainer.Evaluation.Statistics;

namespace LlavaCuda.Tests.Evaluation.Benchmarks;

public sealed class BenchmarkFigureTests
{
    [Fact]
    public void Interval_IndependentQuestions_IsWilsons()
    {
        BenchmarkFigure figure = new("x", [.. Enumerable.Range(0, 29).Select(static i => Row(i, i == 0, $"{i}.png"))]);
        Assert.Equal(Interval.Wilson(1, 29), figure.Interval());
    }

    // Ten questions of an image that are always alike say no more than one.
    [Fact]
    public void Interval_QuestionsOfOneImage_CountTogether()
    {
        BenchmarkFigure alone = new("x", [.. Enumerable.Range(0, 400).Select(static i => Row(i, i % 20 < 10, null))]);
        BenchmarkFigure together = new("x", [.. Enumerable.Range(0, 400).Select(static i => Row(i, i % 20 < 10, $"{i / 10}.png"))]);
        Assert.Equal(alone.Value, together.Value);
        Assert.InRange(Width(together) / Width(alone), 2.8, 3.5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Interval_AllQuestionsAlike_CountsImages(bool isRight)
    {
        BenchmarkFigure figure = new("x", [.. Enumerable.Range(0, 60).Select(i => Row(i, isRight, $"{i / 3}.png"))]);
        Assert.Equal(Interval.Wilson(isRight ? 20 : 0, 20), figure.Interval());
    }

    private static double Width(BenchmarkFigure figure) => figure.Interval().High - figure.Interval().Low;

    private static JudgedRow Row(int id, bool isRight, string? cluster) =>
        new($"{id}", ["x"], cluster, "yes", "yes", Judgement.Of(isRight ? Outcome.Right : Outcome.Wrong, "yes"));
}
