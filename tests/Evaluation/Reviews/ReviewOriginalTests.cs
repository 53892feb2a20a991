using System.Text;
using System.Text.Json;
using LlavaCuda.Trainer.Evaluation.Reviews;

namespace LlavaCuda.Tests.Evaluation.Reviews;

/// <summary>Requests, scores and summaries of the original's scripts.</summary>
public sealed class ReviewOriginalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-review-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("coco", "review_questions.jsonl", "review_contexts_coco.jsonl", true)]
    [InlineData("coco", "review_questions.jsonl", "review_contexts_coco.jsonl", false)]
    [InlineData("wild", "review_questions.jsonl", "review_contexts_wild.jsonl", true)]
    [InlineData("wild", "review_questions.jsonl", "review_contexts_wild.jsonl", false)]
    [InlineData("text", "review_text_questions.jsonl", null, true)]
    [InlineData("text", "review_text_questions.jsonl", null, false)]
    public void Content_EveryQuestion_IsWhatTheOriginalSends(string benchmark, string questions, string? contexts, bool byPosition)
    {
        JsonElement expected = BenchmarkReference.MoreExpected.GetProperty("reviews").GetProperty(benchmark);
        List<ReviewInput> inputs = Inputs(Enum.Parse<ReviewBenchmark>(benchmark, ignoreCase: true), questions, contexts).Read(byPosition);
        Assert.Equal(ReviewRequest.Temperature, expected.GetProperty("temperature").GetDouble());
        Assert.Equal(ReviewRequest.MaxTokens, expected.GetProperty("max_tokens").GetInt32());
        Assert.Equal(expected.GetProperty("requests").GetArrayLength(), inputs.Count);
        foreach ((ReviewInput input, JsonElement request) in inputs.Zip(expected.GetProperty("requests").EnumerateArray()))
        {
            Assert.Equal(ReviewRequest.System, request[0].GetProperty("content").GetString());
            Assert.Equal(request[1].GetProperty("content").GetString(), input.Content(swapped: false));
        }
    }

    [Theory]
    [InlineData("coco", "review_questions.jsonl", "review_contexts_coco.jsonl")]
    [InlineData("wild", "review_questions.jsonl", "review_contexts_wild.jsonl")]
    [InlineData("text", "review_text_questions.jsonl", null)]
    public void Write_JudgedRows_AreTheOriginals(string benchmark, string questions, string? contexts)
    {
        JsonElement expected = BenchmarkReference.MoreExpected.GetProperty("reviews").GetProperty(benchmark).GetProperty("rows");
        using MemoryStream stream = new();
        foreach ((ReviewInput input, JsonElement row) in Inputs(
            Enum.Parse<ReviewBenchmark>(benchmark, ignoreCase: true), questions, contexts).Read(byPosition: true)
            .Zip(expected.EnumerateArray()))
        {
            string content = row.GetProperty("content").GetString()!;
            input.Judged(row.GetProperty("id").GetInt32(), content, ReviewScores.ParseOriginal(content)).Write(stream, original: true);
        }

        string path = Path.Combine(_folder, "rows.json");
        File.WriteAllText(path, $"[{Encoding.UTF8.GetString(stream.ToArray()).TrimEnd().Replace("\n", ",", StringComparison.Ordinal)}]");
        BenchmarkReference.AssertSame(expected, path);
    }

    [Fact]
    public void ParseOriginal_EveryRecordedReview_EqualsTheOriginal()
    {
        foreach (JsonElement row in BenchmarkReference.Expected.GetProperty("scores").EnumerateArray())
        {
            JsonElement scores = row.GetProperty("scores");
            Assert.Equal(
                new ReviewScores(scores[0].GetDouble(), scores[1].GetDouble()),
                ReviewScores.ParseOriginal(row.GetProperty("review").GetString()!));
        }
    }

    [Fact]
    public void Lines_RecordedReviews_EqualTheOriginal() => Assert.Equal(
        BenchmarkReference.Texts(BenchmarkReference.Expected.GetProperty("llava_bench")),
        OriginalReviewSummary.Lines(BenchmarkReference.At("gpt4_text_made_up.jsonl"), []).ToArray()[1..^1]);

    // By hand: (10 - 1 + 4) / 3 = 4.333 and (5 - 1 + 6.5) / 3 = 3.5; 3.5 / 4.333 = 80.775 %.
    [Fact]
    public void Lines_FailedOnes_CountAsMinusOne()
    {
        string path = Path.Combine(_folder, "gpt4_text_x.jsonl");
        File.WriteAllLines(
            path, ["""{"question_id": 1, "category": "b", "tuple": [10, 5]}""",
            """{"question_id": 2, "category": "a", "tuple": [-1, -1]}""",
                """{"question_id": 3, "category": "a", "tuple": [4, 6.5]}"""]);
        Assert.Equal(
            ["x", "a 183.3 15.0 27.5", "all 80.8 43.3 35.0", "b 50.0 100.0 50.0", "================================="],
            OriginalReviewSummary.Lines(path, []));
        Assert.Equal(
            ["x", "a 162.5 40.0 65.0", "all 82.1 70.0 57.5", "b 50.0 100.0 50.0", "================================="],
            OriginalReviewSummary.Lines(path, [2]));
    }

    [Fact]
    public void Lines_OldRows_HaveScoresAndNoCategory()
    {
        string path = Path.Combine(_folder, "review_x.jsonl");
        File.WriteAllLines(
            path, ["""{"question_id": 1, "text": "8 9\nx", "score": [8.0, 9.0]}""",
            """{"question_id": 2, "text": "x", "score": [7.0, 9.0]}"""]);
        Assert.Equal(["review_x", "all 120.0 75.0 90.0", "================================="], OriginalReviewSummary.Lines(path, []));
    }

    private static ReviewInputs Inputs(ReviewBenchmark benchmark, string questions, string? contexts) => new(
        benchmark,
        BenchmarkReference.MoreAt(questions),
        contexts is null ? null : BenchmarkReference.MoreAt(contexts),
        BenchmarkReference.MoreAt("review_answers_1.jsonl"),
        BenchmarkReference.MoreAt("review_answers_2.jsonl"),
        ReviewRules.Read(BenchmarkReference.MoreAt("review_rules.json")));
}
