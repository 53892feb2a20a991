using LlavaCuda.Devices;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Tests.Training;
using LlavaCuda.Trainer.Quickstart;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Quickstart;

/// <summary>A quickstart that is interrupted and started again says so, and ends on the bits of one that was not.</summary>
public sealed class QuickstartResumeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("llava-quickstart-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Run_InterruptedAnywhere_GoesOnToTheSameBits()
    {
        QuickstartOptions whole = Options("whole"), parts = Options("parts");
        QuickstartSummary expected = Run(whole, out _);
        Assert.Throws<OperationCanceledException>(() => Run(parts, out _, "stage 1", 3));
        Assert.True(Directory.Exists(Path.Combine(parts.Out, "projector", "checkpoint-3")));
        Assert.Throws<OperationCanceledException>(() => Run(parts, out string text, "stage 2", 4));
        Assert.Throws<OperationCanceledException>(() => Run(parts, out _, "stage 2", 2));
        QuickstartSummary actual = Run(parts, out string shown);
        Assert.Contains("going on with the quickstart that was interrupted", shown, StringComparison.Ordinal);
        Assert.Contains("finished before: data, stage 1", shown, StringComparison.Ordinal);
        Assert.Contains("checkpoint-6", shown, StringComparison.Ordinal);
        AssertSame(whole, parts);
        Assert.Equal((expected.Accuracy, expected.AccuracyBlank, expected.AccuracyLookup), (actual.Accuracy, actual.AccuracyBlank, actual.AccuracyLookup));
        Assert.Equal(Files(whole.Out), Files(parts.Out));
        Assert.DoesNotContain(Files(parts.Out), static file => file.Contains("checkpoint", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_OtherOptions_StartsOverWithoutLeftovers()
    {
        QuickstartOptions one = Options("one") with { Pictures = 40 }, other = Options("one") with { Seed = 5 }, fresh = Options("fresh") with { Seed = 5 };
        Assert.Throws<OperationCanceledException>(() => Run(one, out _, "stage 2", 2));
        Run(other, out string shown);
        Assert.Contains("holds a quickstart with another pictures (40, now 32): starting over", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("finished before", shown, StringComparison.Ordinal);
        Run(fresh, out _);
        AssertSame(fresh, other);
        Assert.Equal(Files(fresh.Out), Files(other.Out));

        Run(other, out shown);
        Assert.Contains("holds a finished quickstart: making it again from the start", shown, StringComparison.Ordinal);
        AssertSame(fresh, other);
    }

    [Fact]
    public void Run_PartsThatWereTamperedWith_AreMadeAgain()
    {
        QuickstartOptions whole = Options("whole"), parts = Options("parts");
        Run(whole, out _);
        Assert.Throws<OperationCanceledException>(() => Run(parts, out _, "stage 2", 2));
        File.Delete(Path.Combine(parts.Out, "data", "images", "000003.jpg"));
        string projector = Path.Combine(parts.Out, "projector", "mm_projector.safetensors");
        byte[] bytes = File.ReadAllBytes(projector);
        bytes[^5] ^= 1;
        File.WriteAllBytes(projector, bytes);
        File.WriteAllText(Path.Combine(parts.Out, "model", "checkpoint-2", "state.json"), "{");
        Run(parts, out string shown);
        Assert.Contains("cannot be used", shown, StringComparison.Ordinal);
        AssertSame(whole, parts);
    }

    [Fact]
    public void Run_FolderOfAQuickstartThatRuns_IsRefusedAndKept()
    {
        QuickstartOptions one = Options("one");
        Assert.Throws<OperationCanceledException>(() => Run(one, out _, "stage 1", 2));
        string[] before = Directory.GetFileSystemEntries(one.Out, "*", SearchOption.AllDirectories);
        using (OutputLock.Take(one.Out))
        {
            OneLine.Throws<IOException>(() => Run(one with { Seed = 5 }, out _), one.Out, "in use by another run");
        }

        Assert.Equal(before.Order(), Directory.GetFileSystemEntries(one.Out, "*", SearchOption.AllDirectories).Order());
    }

    [Fact]
    public void Run_CheckpointsOfAnotherTraining_AreNotDeleted()
    {
        QuickstartOptions one = Options("one");
        string checkpoint = Path.Combine(one.Out, "model", "checkpoint-7");
        Directory.CreateDirectory(checkpoint);

        OneLine.Throws<IOException>(() => Run(one, out _), Path.Combine(one.Out, "model"), "no quickstart");

        Assert.True(Directory.Exists(checkpoint));
        Assert.False(Directory.Exists(Path.Combine(one.Out, "data")));
    }

    private QuickstartOptions Options(string name) => new(Path.Combine(_folder, name)) { Pictures = 32, PretrainSteps = 5, FinetuneSteps = 7, Questions = 4 };

    private static QuickstartSummary Run(QuickstartOptions options, out string shown, string? stage = null, int steps = 0)
    {
        using CpuDevice device = new(2);
        using CancellationTokenSource stop = new();
        using StringWriter output = new() { NewLine = "\n" };
        List<TrainingFolder.Recorder> recorders = [];
        shown = string.Empty;
        try
        {
            return new QuickstartRun(options, device, output, Recorder).Run(stop.Token);
        }
        finally
        {
            shown = output + string.Join('\n', recorders.SelectMany(static recorder => recorder.Lines));
        }

        ITrainingOutput Recorder(string name)
        {
            int made = 0;
            TrainingFolder.Recorder recorder = new() { OnStep = _ => Stop(++made) };
            recorders.Add(recorder);
            return recorder;

            void Stop(int made)
            {
                if (name == stage && made == steps)
                {
                    stop.Cancel();
                }
            }
        }
    }

    private static void AssertSame(QuickstartOptions one, QuickstartOptions other)
    {
        foreach (string file in (string[])["model/model.safetensors", "projector/mm_projector.safetensors", "data/instructions.json"])
        {
            Assert.True(File.ReadAllBytes(Path.Combine(one.Out, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(other.Out, file))), file);
        }
    }

    private static string[] Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Where(static path => !path.Contains("tfevents", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
