using System.Security.Cryptography;
using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Tests.Training;
using LlavaCuda.Trainer.Ablations;
using LlavaCuda.Trainer.Charts;
using LlavaCuda.Trainer.Evaluation.ScienceQa;

namespace LlavaCuda.Tests.Ablations;

public sealed class AblationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("It is red. The answer is B.", 'B')]
    [InlineData("The answer is A. BECAUSE: it is red.", 'A')]
    [InlineData("The answer is A. The answer is B.", null)]
    [InlineData("The answer is b.", null)]
    [InlineData("The answer is A", null)]
    [InlineData("A", null)]
    [InlineData("", null)]
    public void FindLetter_TakesTheOneSentence(string answer, char? expected) => Assert.Equal(expected, ScienceQaAnswer.ParseSentence(answer).Letter);

    // The reasoning is followed word by word, by its own rules and not by the code that wrote it.
    [Fact]
    public void Problems_ReasoningLeadsToTheAnswer()
    {
        Dictionary<string, string[]> rings = new()
        {
            ["Where is it to go?"] = ["top left", "top right", "bottom right", "bottom left"],
            ["Which shape is it to have?"] = ["circle", "square", "triangle", "cross"],
        };
        int[] letters = new int[4];
        foreach (MadeUpProblem problem in MadeUpProblems.Draw(3, 500, heldOut: true))
        {
            string[] ring = rings[problem.Question];
            Assert.Equal(ring, problem.Choices);
            string[] facts = problem.Solution.TrimEnd('.').Split(". ");
            int steps = Array.IndexOf(["one", "two", "three"], facts[0].Split(": ")[1]) + 1;
            int direction = facts[1].Split(": ")[1] == "right" ? 1 : 3;
            string[] path = facts[2].Split(": ")[1].Split(", ");
            int at = Array.IndexOf(ring, facts[2].Split(": ")[0]);
            Assert.Equal(steps, path.Length);
            foreach (string place in path)
            {
                at = (at + direction) % 4;
                Assert.Equal(ring[at], place);
            }

            Assert.Equal(at, problem.Answer);
            Assert.Equal(problem.Image is null, problem.Context.Length > 0);
            Assert.EndsWith($"The answer is {"ABCD"[at]}.", problem.TrainedAnswer(reasoningFirst: true), StringComparison.Ordinal);
            Assert.StartsWith($"The answer is {"ABCD"[at]}. BECAUSE: ", problem.TrainedAnswer(reasoningFirst: false), StringComparison.Ordinal);
            letters[at]++;
        }

        Assert.All(letters, static count => Assert.InRange(count, 60, 220));
    }

    [Fact]
    public void Rows_MeanAndSampleDeviation()
    {
        AblationResult[] results = [Result("best", 0, 50), Result("best", 1, 60), Result("best", 2, 70), Result("last-layer", 0, 10)];
        IReadOnlyList<AblationRow> rows = AblationRow.Of(AblationVariant.All, results);
        Assert.Equal([60, 10], rows.Select(static row => row.Mean));
        Assert.Equal([10, 0], rows.Select(static row => row.Deviation));
        Assert.Contains("| Last layer | 10.0 ± 0.0 | -50.0 | 20.0 | 1.0 | 89.96 | -0.96 |", AblationReport.Table(rows), StringComparison.Ordinal);
    }

    [Fact]
    public void Plot_Rows_AreMeansWithTheirSpreadAndThePapers()
    {
        AblationResult[] results = [Result("best", 0, 50), Result("best", 1, 60), Result("best", 2, 70), Result("last-layer", 0, 10)];
        BarChart plot = AblationReport.Plot(AblationRow.Of(AblationVariant.All, results), new AblationOptions("out"), 37.7);
        Assert.Equal(["Layer before last, reasoning first", "Last layer"], plot.Categories);
        Assert.Equal((60, 50, 70), (plot.Series[0].Values[0].Value, plot.Series[0].Values[0].Low, plot.Series[0].Values[0].High));
        Assert.False(plot.Series[0].Values[1].HasInterval);
        Assert.Equal([90.92, 89.96], plot.Marks[0].Values);
    }

    [Fact]
    public void Run_InterruptedAndGoneOnWith_GivesTheSameFigures()
    {
        using CpuDevice device = new();
        IReadOnlyList<AblationRow> whole = Run(device, "whole", default);
        Assert.Equal(AblationVariant.All, whole.Select(static row => row.Variant));
        Assert.All(whole, static row => Assert.Single(row.Accuracies));
        using CancellationTokenSource stop = new();
        Assert.ThrowsAny<OperationCanceledException>(() => Run(device, "cut", stop.Token, trained => StopAt(stop, trained, 3)));
        Assert.Equal(Figures(whole), Figures(Run(device, "cut", default)));
        Assert.Equal(Models("whole"), Models("cut"));
        Assert.Contains(AblationReport.PlotFile, File.ReadAllText(Path.Combine(_folder, "cut", AblationReport.TableFile)), StringComparison.Ordinal);
        Assert.Equal(1600, ImageFile.Read(Path.Combine(_folder, "cut", AblationReport.PlotFile)).Width);
        IOException error = Assert.Throws<IOException>(() => Run(device, "cut", default, questions: 9));
        Assert.Contains("holds ablations with another questions (8, now 9)", error.Message, StringComparison.Ordinal);
    }

    private static AblationResult Result(string variant, int seed, int right) =>
        new() { Variant = variant, Seed = seed, Asked = 100, Right = right, NoAnswer = 1, AskedWithImage = 50, RightWithImage = 10 };

    private static IEnumerable<string> Figures(IReadOnlyList<AblationRow> rows) => rows.Select(static row => $"{row.Variant.Name} {string.Join(' ', row.Accuracies)} {row.MeanWithImage} {row.NoAnswer}");

    private static void StopAt(CancellationTokenSource stop, int trained, int at)
    {
        if (trained == at)
        {
            stop.Cancel();
        }
    }

    // Names and contents of all weights that were trained.
    private List<string> Models(string name) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(_folder, name, "seed-0"), "*.safetensors", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => $"{Path.GetRelativePath(Path.Combine(_folder, name), path)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}"),
    ];

    private IReadOnlyList<AblationRow> Run(Device device, string name, CancellationToken cancellation, Action<int>? onTraining = null, int questions = 8)
    {
        AblationOptions options = new(Path.Combine(_folder, name))
        {
            Seeds = 1,
            Captions = 32,
            Problems = 16,
            Questions = questions,
            PretrainSteps = 2,
            FinetuneSteps = 3,
            BaseSteps = new AblationBaseSteps(2, 2, 2),
        };
        int trained = 0;
        return new AblationRun(options, device, TextWriter.Null, _ =>
        {
            onTraining?.Invoke(++trained);
            return new TrainingFolder.Recorder();
        }).Run(cancellation);
    }
}
