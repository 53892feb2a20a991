using LlavaCuda.Trainer.Evaluation.Reviews;

namespace LlavaCuda.Tests.Evaluation.Reviews;

public sealed class ReviewSummaryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-review-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("8 7\nwhy", 8, 7)]
    [InlineData("8, 7", 8, 7)]
    [InlineData("8,7\r\nx", 8, 7)]
    [InlineData("\n 8.5\t9 \nx", 8.5, 9)]
    [InlineData("(8, 7)\n", 8, 7)]
    [InlineData("8/10 7/10", 8, 7)]
    [InlineData("10 0", 10, 0)]
    public void Parse_TwoScores_AreRead(string text, double first, double second) =>
        Assert.Equal(new ReviewScores(first, second), ReviewScores.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("8")]
    [InlineData("8\n7")]
    [InlineData("8 7 6")]
    [InlineData("Score: 8 7")]
    [InlineData("eight seven")]
    [InlineData("9 -1")]
    [InlineData("11 3")]
    [InlineData("87")]
    [InlineData("8.7.6 3")]
    [InlineData("I rate 8 and 7.\n8 7")]
    public void Parse_AnythingElse_IsNoScore(string text) => Assert.Null(ReviewScores.Parse(text));

    [Fact]
    public void Of_Failures_AreCountedAndNoScores()
    {
        Review[] reviews = [Judged("1", "a", 10, 5), Failed("2", "a"), Judged("3", "b", 4, 6)];
        List<ReviewFigures> figures = ReviewSummary.Of(reviews);
        Assert.Equal(["all", "a", "b"], figures.Select(static f => f.Category));
        Assert.Equal([(2, 1), (1, 1), (1, 0)], figures.Select(static f => (f.Judged, f.Failed)));
        Assert.Equal([100 * 5.5 / 7, 50, 150], figures.Select(static f => f.Relative));
        Assert.All(figures, static f => Assert.True(double.IsNaN(f.Deviation)));
    }

    [Fact]
    public void Of_OnlyFailures_HaveNoFigures()
    {
        ReviewFigures all = ReviewSummary.Of([Failed("1", "a")])[0];
        Assert.Equal((0, 1, double.NaN, double.NaN), (all.Judged, all.Failed, all.Relative, all.First));
        using StringWriter output = new();
        ReviewReport.Print(output, "x", [Failed("1", "a")]);
        Assert.Contains("failed, it broke: 1 (first: question 1)", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_Repetitions_GiveMeanAndDeviation()
    {
        Review[] reviews =
            [Judged("1", "a", 10, 5), Judged("1", "a", 10, 6) with { Repetition = 2 }, Judged("1", "a", 5, 5) with { Repetition = 3 }];
        ReviewFigures all = ReviewSummary.Of(reviews)[0];
        Assert.Equal((3, 70, Math.Sqrt(((20.0 * 20) + (10 * 10) + (30 * 30)) / 2)), (all.Judged, all.Relative, all.Deviation));
    }

    // Of question 2 one order failed: it counts as failed, not with the other order alone.
    [Fact]
    public void Bias_BothOrders_IsMeasured()
    {
        Review[] reviews =
        [
            Judged("1", "a", 8, 6), Judged("1", "a", 6, 8) with { IsSwapped = true },
            Judged("2", "a", 9, 1), Failed("2", "a") with { IsSwapped = true },
            Judged("3", "a", 7, 5), Judged("3", "a", 7, 6) with { IsSwapped = true },
        ];
        Assert.Equal(
            new PositionBias(2, (8 - 6 + 8 - 6 + 7 - 7 + 6 - 5) / 4.0, Same: 1, FirstWins: 1, SecondWins: 0),
            ReviewSummary.Bias(reviews));
        ReviewFigures all = ReviewSummary.Of(reviews)[0];
        Assert.Equal((2, 1, 7.0, 6.25), (all.Judged, all.Failed, all.First, all.Second));
        Assert.Null(ReviewSummary.Bias(reviews.Where(static r => !r.IsSwapped)));
    }

    [Fact]
    public void Checked_StoredFailure_IsNoScoreUntilParsedAgain()
    {
        string path = Path.Combine(_folder, "old.jsonl");
        File.WriteAllText(path, """{"question_id": 7, "category": "conv", "content": "8, 9\nx", "tuple": [-1, -1]}""");
        Review review = Assert.Single(Review.Read(path));
        Assert.Equal((null, ReviewScores.Unparsable), (review.Checked(again: false).Scores, review.Checked(again: false).Failure));
        Assert.Equal((new ReviewScores(8, 9), null), (review.Checked(again: true).Scores, review.Checked(again: true).Failure));
    }

    [Fact]
    public void Write_Row_ReadsBack()
    {
        string path = Path.Combine(_folder, "rows.jsonl");
        Review[] rows =
        [
            Judged("\"x\"", "conv", 8, 7.5) with { Id = 1, Content = "8 7.5\né", Judge = "m", IsSwapped = true, Repetition = 2,
                Answer1Id = "1", Answer2Id = "\"a\"" },
            Failed("3", "conv") with { Id = 2, Judge = "m" },
        ];
        using (FileStream stream = File.Create(path))
        {
            Array.ForEach(rows, row => row.Write(stream, original: false));
        }

        Assert.Equal(rows.Select(static r => r with { Id = 0, Answer1Id = "null", Answer2Id = "null" }), Review.Read(path));
    }

    [Theory]
    [InlineData("""{"question_id": 1, "category": "a"}""", "line 1: tuple is missing; expected two scores")]
    [InlineData("""{"question_id": 1, "category": "a", "tuple": [1]}""", "expected a list of 2 numbers")]
    [InlineData("""{"category": "a", "tuple": [1, 2]}""", "question_id is missing")]
    public void Read_RowWrong_NamesTheLine(string row, string message)
    {
        string path = Path.Combine(_folder, "bad.jsonl");
        File.WriteAllText(path, row);
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Review.Read(path).ToArray()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_Shipped_CoverEveryCategoryAndAskForTwoScoresFirst()
    {
        foreach (string category in (
            string[])["coding", "math", "default", "conv", "detail", "complex", "llava_bench_conv", "llava_bench_detail",
            "llava_bench_complex"])
        {
            ReviewRule rule = ReviewRules.Shipped[category];
            Assert.Equal("Assistant", rule.Role);
            Assert.Contains(
                "On the first line of your reply write two numbers and nothing else: the score of Assistant 1 and the score of Assistant 2, separated by a space", rule.Prompt, StringComparison.Ordinal);
            Assert.Contains("10", rule.Prompt, StringComparison.Ordinal);
        }

        Assert.Contains(
            "no rule for the category 'other'", Assert.Throws<InvalidDataException>(static () => ReviewRules.Shipped["other"]).Message,
            StringComparison.Ordinal);
        Assert.Equal(ReviewRules.Shipped["default"], ReviewRules.Shipped["other", ReviewRules.Default]);
    }

    [Theory]
    [InlineData("1", "2 3", "2 3", "has no answer to question 1 of")]
    [InlineData("2 3", "2 3", "2", "has no answer to question 3 of")]
    [InlineData("2", "2 3", "2", "answers question 3, which")]
    [InlineData("2 2", "2", "2", "line 2: question 2 comes twice")]
    [InlineData("2", "2 2", "2", "line 2: question 2 is answered twice")]
    public void Read_FilesDisagree_IsAnError(string questions, string first, string second, string message)
    {
        ReviewInputs inputs = new(
            ReviewBenchmark.Text,
            File("questions", questions, static id => $$"""{"question_id": {{id}}, "text": "q", "category": "generic"}"""),
            null,
            File("first", first, static id => $$"""{"question_id": {{id}}, "text": "a"}"""),
            File("second", second, static id => $$"""{"question_id": "{{id}}", "text": "a", "answer_id": "x"}"""),
            ReviewRules.Shipped);
        Assert.Contains(
            message, Assert.Throws<InvalidDataException>(() => inputs.Read(byPosition: false)).Message, StringComparison.Ordinal);

        string File(string name, string ids, Func<string, string> row)
        {
            string path = Path.Combine(_folder, $"{name}.jsonl");
            System.IO.File.WriteAllLines(path, ids.Split(' ').Select(row));
            return path;
        }
    }

    private static Review Judged(string id, string category, double first, double second) =>
        new(id, category, "x", new ReviewScores(first, second));

    private static Review Failed(string id, string category) => new(id, category, null, null) { Failure = "it broke" };
}
