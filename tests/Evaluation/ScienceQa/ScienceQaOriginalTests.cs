using System.Text.Json;
using LlavaCuda.Trainer.Evaluation.ScienceQa;

namespace LlavaCuda.Tests.Evaluation.ScienceQa;

/// <summary>Lines and files of the original's three scripts.</summary>
public sealed class ScienceQaOriginalTests : IDisposable
{
    private static readonly IReadOnlyList<ScienceQaProblem> Problems = ScienceQaData.Load(ReferenceFiles.At("evaluation"), "test");
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-scienceqa-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Score_RecordedAnswers_EqualsTheOriginal()
    {
        OriginalScore score = OriginalScore.Of(
            Problems, ScienceQaPredictions.Read(BenchmarkReference.At("predictions.jsonl"), original: true));
        JsonElement expected = BenchmarkReference.Expected.GetProperty("science_qa");
        Assert.Equal(score.Line(), Assert.Single(BenchmarkReference.Texts(expected.GetProperty("printed"))));
        (string details, string results) = (Path.Combine(_folder, "details.json"), Path.Combine(_folder, "results.json"));
        score.WriteDetails(details);
        score.WriteResults(results);
        BenchmarkReference.AssertSame(expected.GetProperty("details"), details);
        BenchmarkReference.AssertSame(expected.GetProperty("results"), results);
    }

    // What depends on chance is not recorded.
    [Fact]
    public void Complement_RecordedAnswers_EqualsTheOriginal() => Assert.Equal(
        BenchmarkReference.Texts(BenchmarkReference.Expected.GetProperty("complement").GetProperty("printed")),
        Ensemble(seed: 0).Complement().Where(static line => !line.Contains("upper", StringComparison.Ordinal)));

    [Fact]
    public void Judge_RecordedAnswers_EqualsTheOriginal()
    {
        string results = Path.Combine(_folder, "results.json");
        JsonElement expected = BenchmarkReference.Expected.GetProperty("judge");
        string[] lines =
            [.. Ensemble(seed: 0).Judge(ScienceQaPredictions.Read(BenchmarkReference.At("judged_again.jsonl"), original: true), results)];
        Assert.Equal(
            BenchmarkReference.Texts(expected.GetProperty("printed")),
            lines.Where(
                static l => l.StartsWith("Total", StringComparison.Ordinal) && !l.Contains("GPT-4-Correct", StringComparison.Ordinal)
                && !l.Contains("Correct upper", StringComparison.Ordinal)));
        BenchmarkReference.AssertSame(expected.GetProperty("results"), results);
    }

    // The whole text, with the questions that the judge got wrong; of the files beside the tests.
    [Fact]
    public void Judge_ShippedAnswers_PrintsTheOriginalsLines()
    {
        string folder = ReferenceFiles.Shipped("evaluation");
        OriginalEnsemble ensemble = new(
            ScienceQaData.Load(folder, "test"),
            ScienceQaPredictions.Read(Path.Combine(folder, "ours.jsonl"), original: true),
            ScienceQaPredictions.ReadOutputs(Path.Combine(folder, "gpt4.json")),
            seed: 0);
        IEnumerable<string> lines = ensemble
            .Judge(ScienceQaPredictions.Read(Path.Combine(folder, "judged_again.jsonl"), original: true), null)
            .Where(static l =>
                !l.Contains("GPT-4-Correct", StringComparison.Ordinal) && !l.Contains("Correct upper", StringComparison.Ordinal));
        Assert.Equal(
            string.Join('\n', BenchmarkReference.Texts(BenchmarkReference.MoreExpected.GetProperty("judge_printed"))),
            string.Join('\n', lines) + "\n");
    }

    [Fact]
    public void Complement_SameSeed_SameFigures()
    {
        string[][] runs =
            [.. Enumerable.Range(0, 20)
            .Select(static seed =>
                Ensemble((ulong)(seed / 2)).Complement()
                    .Concat(Ensemble((ulong)(seed / 2)).Judge(new Dictionary<string, Prediction>(), null)).ToArray())];
        Assert.All(runs.Chunk(2), static pair => Assert.Equal(pair[0], pair[1]));
        Assert.NotEqual(
            1, runs.Select(static r => r.Single(static l => l.Contains("GPT-4-Correct", StringComparison.Ordinal))).Distinct().Count());
    }

    [Fact]
    public void Judge_AnswerMissing_NamesTheQuestion()
    {
        Dictionary<string, Prediction> ours = ScienceQaPredictions.Read(BenchmarkReference.At("ours.jsonl"), original: true);
        ours.Remove(Problems[3].Id);
        OriginalEnsemble ensemble = new(Problems, ours, ScienceQaPredictions.ReadOutputs(BenchmarkReference.At("gpt4.json")), 0);
        Assert.Contains(
            $"lack question '{Problems[3].Id}'", Assert.Throws<InvalidDataException>(() => ensemble.Judge(ours, null).ToArray()).Message,
            StringComparison.Ordinal);
    }

    private static OriginalEnsemble Ensemble(ulong seed) => new(
        Problems, ScienceQaPredictions.Read(BenchmarkReference.At("ours.jsonl"), original: true),
            ScienceQaPredictions.ReadOutputs(BenchmarkReference.At("gpt4.json")), seed);
}
