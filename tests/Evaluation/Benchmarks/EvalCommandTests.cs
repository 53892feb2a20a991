using System.Globalization;
using System.Text.Json;
using LlavaCuda.Images;
using LlavaCuda.Tests.Evaluation.ScienceQa;
using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Evaluation.Benchmarks;
using LlavaCuda.Trainer.Evaluation.ScienceQa;
using LlavaCuda.Trainer.Evaluation.ShortAnswers;

namespace LlavaCuda.Tests.Evaluation.Benchmarks;

/// <summary><c>llava eval</c> as it is typed.</summary>
public sealed class EvalCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-eval-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Pope_RecordedAnswers_GiveTheFiguresOfTheScorer()
    {
        string pope = BenchmarkReference.At("pope"), questions = BenchmarkReference.At("pope_questions.jsonl");
        string answers = BenchmarkReference.At("pope_answers.jsonl");
        (int code, string table, string error) = Run("eval", "pope", "--annotations", pope, "--questions", questions, "--answers", answers, "--out", At("run"));
        Assert.True(code == 0, error);
        List<PopeRow> expected = PopeFiles.Read(pope, questions, answers);
        PopeScore all = new(expected);
        Dictionary<string, BenchmarkFigure> figures = new PopeBenchmark().Figures(JudgedRow.Read(At("run/rows.jsonl"))).ToDictionary(static f => f.Name);
        Assert.Equal(all.F1, figures["all, F1"].Value, 12);
        Assert.Equal(all.Accuracy, figures["all, accuracy"].Value, 12);
        Assert.Equal(all.YesRatio, figures["all, says yes"].Value, 12);
        foreach (IGrouping<string, PopeRow> category in expected.GroupBy(static row => row.Category))
        {
            Assert.Equal(new PopeScore([.. category]).F1, figures[$"{category.Key}, F1"].Value, 12);
        }

        Assert.Contains((100 * all.F1).ToString("0.0", CultureInfo.InvariantCulture), table, StringComparison.Ordinal);
        Assert.Equal(all.Count(Outcome.NoAnswer), figures["all, F1"].Count(Outcome.NoAnswer));
    }

    [Fact]
    public void ScienceQa_RecordedAnswers_GiveTheFiguresOfTheScorer()
    {
        string data = Path.GetDirectoryName(BenchmarkReference.At("problems.json"))!, answers = BenchmarkReference.At("ours.jsonl");
        (int code, _, string error) = Run("eval", "scienceqa", "--data", data, "--answers", answers, "--out", At("run"));
        Assert.True(code == 0, error);
        ScienceQaScore expected = ScienceQaScore.Of(
            "x", ScienceQaData.Load(data, "test"), ScienceQaPredictions.Read(answers, original: false), loose: false);
        Dictionary<string, BenchmarkFigure> figures = new ScienceQaBenchmark().Figures(JudgedRow.Read(At("run/rows.jsonl"))).ToDictionary(static f => f.Name);
        foreach ((string name, Func<ScienceQaProblem, bool> holds) in ScienceQaGroups.All.Where(group => expected.Rows.Any(row => group.Holds(row.Problem))))
        {
            BenchmarkFigure figure = figures[name == "Avg" ? BenchmarkFigure.All : name];
            Assert.Equal(expected.Accuracy(holds), 100 * figure.Value, 10);
            Assert.Equal(expected.Count(Outcome.NoAnswer, holds), figure.Count(Outcome.NoAnswer));
        }

        // The table has the paper's rows beside, and both reports are there with their chart.
        string markdown = File.ReadAllText(At("run/report.md"));
        Assert.Contains("| LLaVA |", markdown, StringComparison.Ordinal);
        Assert.Contains("90.9", markdown, StringComparison.Ordinal);
        Assert.Contains("<img alt=\"scienceqa\" src=\"data:image/png;base64,iVBOR", File.ReadAllText(At("run/report.html")), StringComparison.Ordinal);
        Assert.True(ImageFile.Read(At("run/figures.png")).Width > 400);
    }

    // A tiny model of the tests answers in its own way; asked in two runs, one of them stopped, it must come to the same rows.
    [Fact]
    public void Own_ModelAsked_GoesOnWhereItStopped()
    {
        Questions(30, images: true);
        string[] command = ["eval", "own", "--questions", At("q.jsonl"), "--images", _folder, "--model", Model, "--max-new-tokens", "4"];
        (int code, _, string error) = Run([.. command, "--out", At("whole")]);
        Assert.True(code == 0, error);
        string[] answers = File.ReadAllLines(At("whole/answers.jsonl"));
        Assert.Equal(30, answers.Length);
        Directory.CreateDirectory(At("part"));
        File.WriteAllText(At("part/answers.jsonl"), string.Join('\n', answers[..11]) + "\n" + answers[11][..20]);
        Assert.Equal(0, Run([.. command, "--out", At("part")]).Code);
        foreach (string file in (string[])["rows.jsonl", "answers.jsonl", "report.md", "report.html", "figures.png"])
        {
            Assert.Equal(File.ReadAllBytes(At($"whole/{file}")), File.ReadAllBytes(At($"part/{file}")));
        }

        // Other options are another run.
        Assert.Contains("choose another file", Run([.. command, "--out", At("part"), "--template", "v1", "--temperature", "1"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Own_Likelihood_ChoosesAnOptionForEveryQuestion()
    {
        Questions(12, images: true);
        string[] command = ["eval", "own", "--questions", At("q.jsonl"), "--images", _folder, "--model", Model, "--by", "likelihood"];
        Assert.Equal(0, Run([.. command, "--out", At("whole")]).Code);
        List<JudgedRow> rows = JudgedRow.Read(At("whole/rows.jsonl"));
        Assert.All(rows, static row => Assert.Contains(row.Text, (string[])["red", "blue"]));
        Assert.DoesNotContain(rows, static row => row.Judgement.Outcome == Outcome.NoAnswer);
        string[] choices = File.ReadAllLines(At("whole/choices.jsonl"));
        foreach (string line in choices)
        {
            JsonElement row = JsonElement.Parse(line);
            JsonProperty best = row.GetProperty("log_probabilities").EnumerateObject().MaxBy(static option => option.Value.GetDouble());
            Assert.Equal(row.GetProperty("text").GetString(), best.Name);
        }

        Directory.CreateDirectory(At("part"));
        File.WriteAllText(At("part/choices.jsonl"), string.Join('\n', choices[..5]) + "\n{\"question");
        Assert.Equal(0, Run([.. command, "--out", At("part")]).Code);
        Assert.Equal(File.ReadAllBytes(At("whole/choices.jsonl")), File.ReadAllBytes(At("part/choices.jsonl")));
    }

    [Fact]
    public void ScienceQa_ModelAsked_ByBothPrompts()
    {
        MadeUpScienceQa.Write(At("data"), train: 2, test: 8, seed: 3);
        string[] command = ["eval", "scienceqa", "--data", At("data"), "--images", At("data/images"), "--model", Model];
        Assert.Equal(0, Run([.. command, "--out", At("a"), "--max-new-tokens", "3"]).Code);
        Assert.Equal(0, Run([.. command, "--out", At("b"), "--by", "likelihood", "--single-pred-prompt"]).Code);
        Assert.All(JudgedRow.Read(At("b/rows.jsonl")), static row => Assert.NotEqual(Outcome.NoAnswer, row.Judgement.Outcome));
        (int code, string output, string error) = Run("eval", "compare", At("a"), At("b"));
        Assert.True(code == 0, error);
        Assert.Contains("McNemar p", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Own_Answers_AreJudgedByWords()
    {
        File.WriteAllLines(At("q.jsonl"),
        [
            """{"question_id": 1, "text": "Color?", "answer": "Red", "category": "color"}""",
            """{"question_id": 2, "text": "Color?", "answers": ["dark blue", "navy"], "category": "color"}""",
            """{"question_id": "c", "text": "Who?", "answer": "a dog"}""",
            """{"question_id": 4, "text": "Who?", "answer": "a dog"}""",
        ]);
        File.WriteAllLines(At("a.jsonl"),
        [
            """{"question_id": "1", "text": " red. "}""", """{"question_id": 2, "text": "It is Navy!"}""", """{"question_id": "c", "text": "..."}""",
            """{"question_id": 99, "text": "x"}""",
        ]);
        (int code, string output, string error) = Run("eval", "own", "--questions", At("q.jsonl"), "--answers", At("a.jsonl"), "--out", At("run"));
        Assert.True(code == 0, error);
        Assert.Contains("warning: " + At("a.jsonl") + ": 1 answers to other questions are not used, as 99.", error, StringComparison.Ordinal);
        Assert.Equal(
            [Outcome.Right, Outcome.Wrong, Outcome.NoAnswer, Outcome.NoAnswer],
            JudgedRow.Read(At("run/rows.jsonl")).Select(static row => row.Judgement.Outcome));
        Assert.Matches("(?m)^color +50\\.0 +", output);
        Assert.Equal("Color?", JudgedRow.Read(At("run/rows.jsonl"))[0].Prompt);
        Assert.Equal(0, Run("eval", "own", "--questions", At("q.jsonl"), "--answers", At("a.jsonl"), "--contains", "--out", At("run2")).Code);
        Assert.Equal(Outcome.Right, JudgedRow.Read(At("run2/rows.jsonl"))[1].Judgement.Outcome);

        // Compared: one more is right.
        (code, output, error) = Run("eval", "compare", At("run"), At("run2"));
        Assert.True(code == 0, error);
        Assert.Contains("all           25.0      50.0       +25.0", output, StringComparison.Ordinal);
        File.WriteAllLines(At("run2/rows.jsonl"), File.ReadAllLines(At("run2/rows.jsonl"))[1..]);
        Assert.Contains("has no question 1, which", Run("eval", "compare", At("run"), At("run2")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--answers a.jsonl --model m", "contradict each other")]
    [InlineData("", "--model is missing")]
    [InlineData("--answers a.jsonl --by likelihood", "--by likelihood has no meaning for --answers")]
    public void Run_OptionsThatContradict_AreNamed(string more, string expected)
    {
        Questions(2, images: false);
        (int code, _, string error) = Run(["eval", "own", "--questions", At("q.jsonl"), "--out", At("run"), .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("run")));
    }

    [Fact]
    public void List_EveryBenchmark_HasACard()
    {
        (int code, string output, _) = Run("eval", "list");
        Assert.Equal(0, code);
        foreach (IBenchmark benchmark in BenchmarkRegistry.Create())
        {
            Assert.Contains($"{benchmark.Name}: {benchmark.Card.Title}", output, StringComparison.Ordinal);
            Assert.All(benchmark.Card.Files, static file => Assert.True(file.Sha256 is null or { Length: 64 }));
        }
    }

    private static string Model => ReferenceFiles.Shipped("layouts", "huggingface");

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        return (Program.Run(arguments, output, error), output.ToString(), error.ToString());
    }

    private void Questions(int count, bool images)
    {
        Random random = new(7);
        for (int i = 0; i < (images ? 5 : 0); i++)
        {
            byte[] pixels = new byte[30 * 20 * 3];
            random.NextBytes(pixels);
            ImageFile.Write(At($"{i}.png"), new RgbImage(30, 20, pixels));
        }

        File.WriteAllLines(At("q.jsonl"), Enumerable.Range(0, count).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"question_id": {{i}}, "text": "What color has thing {{i}}?", {{(images ? $"\"image\": \"{i % 5}.png\"," : string.Empty)}} "answer": "red", "choices": ["red", "blue"], "category": "c{{i % 2}}"}""")));
    }

    private string At(string name) => Path.Combine(_folder, name);
}
