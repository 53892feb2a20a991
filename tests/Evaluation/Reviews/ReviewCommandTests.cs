using System.Text.Json;
using LlavaCuda.Images;
using LlavaCuda.Tests.Asking;
using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Data;
using LlavaCuda.Trainer.Evaluation.Reviews;
using LlavaCuda.Trainer.Quickstart;

namespace LlavaCuda.Tests.Evaluation.Reviews;

/// <summary>Judging by the command that a user types, against a local server that fails now and then.</summary>
public sealed class ReviewCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-review-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Judge_BothOrdersAndRepetitions_IsCountedShownAndReplayed()
    {
        int number = 0;
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(request =>
            Interlocked.Increment(ref number) % 4 == 0 ? LocalEndpoint.Fault(number) : new EndpointReply(Verdict(request.LastText)));
        string command = $"{Inputs("coco", "review_questions.jsonl")} --context {BenchmarkReference.MoreAt("review_contexts_coco.jsonl")}"
            + $" --ask-model judge --endpoint {endpoint.Url} --out {At("run")} --both-orders --repeat 3";
        (int code, string table, string error) = Run(command);
        Assert.True(code == 0, error);
        List<Review> rows = [.. Review.Read(At("run/reviews.jsonl"))];
        Assert.Equal(12 * 2 * 3, rows.Count);
        Assert.Equal(
            (36, 36, 24),
            (rows.Count(static r => r.IsSwapped), rows.Count(static r => !r.IsSwapped), rows.Count(static r => r.Repetition == 2)));

        // Answer 2 is better by one point, the one that is shown first by half a point; question 7 cannot be judged.
        Assert.All(rows, static row => Assert.Equal(
            row.QuestionId == "7" ? null : row.IsSwapped ? new ReviewScores(6, 7.5) : new ReviewScores(6.5, 7), row.Scores));
        Assert.Equal(6, rows.Count(static r => r.Failure == ReviewScores.Unparsable));
        Assert.Contains("all                         33       3    116.0±0.0      62.5      72.5", table, StringComparison.Ordinal);
        Assert.Contains("failed, the judgement does not begin with two scores: 6 (first: question 7)", table, StringComparison.Ordinal);
        Assert.Contains("position: shown first, an answer gets +0.50 points; of 33 questions", table, StringComparison.Ordinal);
        Assert.Contains("85.1", table, StringComparison.Ordinal);

        // Each request was answered once, although the text is the same in each repetition; then nobody is asked.
        Assert.Equal(12 * 2 * 3, endpoint.Answered.Count);
        byte[] written = File.ReadAllBytes(At("run/reviews.jsonl"));
        int before = endpoint.Requests.Count;
        Assert.Equal((0, table), Run($"{command} --replay") is var again ? (again.Code, again.Output) : default);
        Assert.Equal(written, File.ReadAllBytes(At("run/reviews.jsonl")));
        Assert.Equal(before, endpoint.Requests.Count);

        // Another judge's are not written over.
        (code, _, error) = Run(command.Replace("--ask-model judge", "--ask-model other", StringComparison.Ordinal));
        Assert.Equal((2, true), (code, error.Contains("reviews.jsonl holds judgements of 'judge'", StringComparison.Ordinal)));
        Assert.Equal(written, File.ReadAllBytes(At("run/reviews.jsonl")));
        Assert.Equal(
            (0, table.Replace(At("run/reviews.jsonl"), "reviews.jsonl", StringComparison.Ordinal)),
            Run($"review summarize {At("run/reviews.jsonl")}") is var summed ? (summed.Code, summed.Output) : default);
    }

    // The server gives what the recorded run of the original was given, so that rows and sums must be the original's.
    [Theory]
    [InlineData("coco", "review_questions.jsonl", "review_contexts_coco.jsonl")]
    [InlineData("wild", "review_questions.jsonl", "review_contexts_wild.jsonl")]
    [InlineData("text", "review_text_questions.jsonl", null)]
    public async Task Judge_Original_WritesTheOriginalsRows(string benchmark, string questions, string? contexts)
    {
        JsonElement expected = BenchmarkReference.MoreExpected.GetProperty("reviews").GetProperty(benchmark);
        JsonElement[] requests = [.. expected.GetProperty("requests").EnumerateArray()],
            rows = [.. expected.GetProperty("rows").EnumerateArray()];
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(request =>
            new EndpointReply(
                rows[Array.FindIndex(requests, r => r[1].GetProperty("content").GetString() == request.LastText)].GetProperty("content")
                .GetString()));
        string context = contexts is null ? string.Empty : $" --context {BenchmarkReference.MoreAt(contexts)}";
        (int code, string output, string error) =
            Run($"{Inputs(benchmark, questions)}{context} --ask-model judge --endpoint {endpoint.Url} --out {At("run")} --original");
        Assert.True(code == 0, error);
        File.WriteAllText(At("rows.json"), $"[{string.Join(',', File.ReadAllLines(At("run/reviews.jsonl")))}]");
        BenchmarkReference.AssertSame(expected.GetProperty("rows"), At("rows.json"));
        Assert.Equal(OriginalReviewSummary.Lines(At("run/reviews.jsonl"), []), output.TrimEnd().Split(Environment.NewLine));
    }

    // Ids stay numbers or texts, and images are found by the names that COCO's real files have.
    [Fact]
    public void Answer_Questions_WritesRowsThatCanBeJudged()
    {
        ShippedBase.Extract(At("base"));
        ImageFile.Write(At("COCO_val2014_000000000001.jpg"), new RgbImage(32, 32));
        File.WriteAllText(At("questions.jsonl"), """
            {"question_id": 0, "image": "000000000001.jpg", "text": "What is it?", "category": "conv"}
            {"question_id": "b", "text": "Why?", "category": "generic"}
            """);
        string command = $"review answer --questions {At("questions.jsonl")} --images {_folder} --model {At("base")} --out {At("answers.jsonl")} --max-new-tokens 4";
        (int code, string output, string error) = Run(command);
        Assert.True(code == 0, error);
        Assert.Contains("2 answers, 2 of them new", output, StringComparison.Ordinal);
        (string Id, string? Prompt)[] rows = [.. JsonLines.Read(At("answers.jsonl")).Select(static r => (r.Row.RawText("question_id")!, r.Row.OptionalText("prompt")))];
        Assert.Equal([("0", "What is it?"), ("\"b\"", "Why?")], rows);
        ReviewInputs inputs = new(ReviewBenchmark.Text, At("questions.jsonl"), null, At("answers.jsonl"), At("answers.jsonl"), ReviewRules.Shipped);
        Assert.Equal(2, inputs.Read(byPosition: false).Count);

        File.Delete(At("COCO_val2014_000000000001.jpg"));
        File.Delete(At("answers.jsonl"));
        Assert.Contains("question 0: ", Run(command).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--benchmark coco --questions q --answers a b --out o --ask-model m", "--context is missing")]
    [InlineData("--benchmark text --questions q --answers a b --out o --ask-model m --context c", "--context is of images")]
    [InlineData("--benchmark text --questions q --answers a --out o --ask-model m", "--answers names 1 files")]
    [InlineData("--benchmark text --questions q --answers a b --out o --ask-model m --repeat 0", "--repeat is 0")]
    [InlineData("--benchmark text --questions q --answers a b --out o --ask-model m --original --both-orders", "--original judges once")]
    public void Judge_OptionsWrong_SaysWhich(string options, string message)
    {
        (int code, _, string error) = Run($"review judge {options}");
        Assert.Equal((2, true), (code, error.Contains(message, StringComparison.Ordinal)));
        Assert.False(Directory.Exists("o"));
    }

    [Theory]
    [InlineData("", "calls.sqlite does not exist; expected the requests of an earlier run")]
    [InlineData(" --calls nowhere.sqlite", "nowhere.sqlite does not exist")]
    public void Judge_ReplayWithoutAStore_IsRefusedAndMakesNone(string options, string message)
    {
        (int code, _, string error) = Run(
            $"{Inputs("text", "review_text_questions.jsonl")} --ask-model judge --out {At("run")} --replay{options}");
        Assert.Equal((2, true), (code, error.Contains(message, StringComparison.Ordinal)));
        Assert.Empty(Directory.EnumerateFiles(_folder, "*.sqlite*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Judge_NothingIsAnswered_FailsWithoutATable()
    {
        await using LocalEndpoint endpoint = await LocalEndpoint.StartAsync(
            static _ => new EndpointReply(null) { Status = 400, Body = """{"error": {"message": "no such parameter"}}""" });
        (int code, string table, string error) = Run(
            $"{Inputs("text", "review_text_questions.jsonl")} --ask-model judge --endpoint {endpoint.Url} --out {At("run")}");
        Assert.Equal((1, string.Empty), (code, table));
        Assert.Contains("HTTP 400: no such parameter", error, StringComparison.Ordinal);
        Assert.False(File.Exists(At("run/reviews.jsonl")));
    }

    private static string Verdict(string text)
    {
        if (text.Contains("Question 7:", StringComparison.Ordinal))
        {
            return "I would rather not say.";
        }

        bool swapped = text.IndexOf("The second  answer", StringComparison.Ordinal) < text
            .IndexOf("The first answer", StringComparison.Ordinal);
        return swapped ? "7.5 6\nGood." : "6.5 7\nGood.";
    }

    private static string Inputs(string benchmark, string questions) =>
        $"review judge --benchmark {benchmark} --questions {BenchmarkReference.MoreAt(questions)}"
        + $" --answers {BenchmarkReference.MoreAt("review_answers_1.jsonl")} {BenchmarkReference.MoreAt("review_answers_2.jsonl")} --rules {BenchmarkReference.MoreAt("review_rules.json")}";

    private string At(string name) => Path.Combine(_folder, name);

    private static (int Code, string Output, string Error) Run(string line)
    {
        using StringWriter output = new(), error = new();
        return (Program.Run(line.Split(' '), output, error), output.ToString(), error.ToString());
    }
}
