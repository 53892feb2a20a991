using System.Text.Json;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer.Data;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

/// <summary>Images that are missing, empty or damaged: named before the first step where that can be seen, and left out where that was asked for, always to the same bits.</summary>
public sealed class BadImageTests : IDisposable
{
    private readonly TrainingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Kinds => new()
    {
        { "empty", "the file is empty" },
        { "text", "5.png" },
        { "head", "2.png" },
        { "folder", "missing" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Run_SeenAtTheHead_IsAnErrorBeforeTheFirstStepThatNamesAll(string kind, string reason)
    {
        _folder.Data.WriteSamples(8);
        Damage(2, kind);
        Damage(5, kind);
        foreach (bool dry in (bool[])[true, false])
        {
            TrainingFolder.Recorder output = new();
            TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { DryRun = dry };
            Exception error = Assert.ThrowsAny<Exception>(() => TrainingFolder.Run(options, output));
            Assert.True(error is InvalidDataException or FileNotFoundException);
            Assert.All((string[])["2", "sample 2", "2.png", "sample 5", "5.png", reason], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
            Assert.DoesNotContain('\n', error.Message);
            Assert.Empty(output.Steps);
        }
    }

    [Fact]
    public void Run_DryRunDecoding_NamesWhatTheHeadDoesNotShow()
    {
        _folder.Data.WriteSamples(8);
        CutShort(_folder, 3);
        CutShort(_folder, 6);
        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { DryRun = true };
        TrainingFolder.Run(options);
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(options with { DecodeFirst = true }), "2 of 8 samples", "sample 3 (id 's3')", "3.png", "6.png", "--on-bad-image skip");
        TrainingFolder.Recorder skipping = new();
        TrainingFolder.Run(options with { DecodeFirst = true, OnBadImage = BadImagePolicy.Skip }, skipping);
        Assert.Contains(skipping.Lines, static line => line.Contains("2 samples have a bad one", StringComparison.Ordinal));
        Assert.Contains(skipping.Lines, static line => line.StartsWith("warning: left out: ", StringComparison.Ordinal) && line.Contains("6.png", StringComparison.Ordinal));
        Assert.False(Path.Exists(options.Out));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 1)]
    public void Run_Skip_HasTheSameBitsHoweverManyThreadsAndWheneverFound(int workers, int threads)
    {
        _folder.Data.WriteSamples(13, textEvery: 5);
        TrainingOptions whole = _folder.Options(TrainingStage.Finetune, "whole") with { OnBadImage = BadImagePolicy.Skip, Workers = 2, Batch = 2, Accumulate = 2 };
        foreach ((int sample, string kind) in ((int, string)[])[(0, "cut"), (3, "cut"), (5, "empty"), (10, "text"), (12, "folder")])
        {
            Damage(sample, kind);
        }

        TrainingFolder.Run(whole with { DecodeFirst = true });
        TrainingFolder.Recorder output = new();
        TrainingOptions other = whole with { Out = _folder.Data.At("other"), Workers = workers };
        TrainingResult result = TrainingFolder.Run(other, output, threads);
        Assert.Equal((16, 5), (result.Steps, result.LeftOut));
        AssertSame(whole, other);
        Assert.Equal(20, output.Steps.Sum(static step => step.LeftOut));
        Assert.Contains(output.Lines, static line => line.StartsWith("warning: 5 of 13 samples were left out", StringComparison.Ordinal));
        string[] named = [.. File.ReadAllLines(Path.Combine(other.Out, "bad_images.jsonl")).Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("error").GetString()!)];
        Assert.Equal(5, named.Length);
        Assert.All((string[])["sample 0 ", "sample 3 ", "sample 5 ", "sample 10 ", "sample 12 "], part => Assert.Contains(named, line => line.Contains(part, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(11)]
    public void Run_SkipInterruptedAndResumed_EndsOnTheSameBits(long step)
    {
        _folder.Data.WriteSamples(13, textEvery: 5);
        Array.ForEach([0, 3, 6, 7], sample => CutShort(_folder, sample));
        TrainingOptions whole = _folder.Options(TrainingStage.Finetune, "whole") with { OnBadImage = BadImagePolicy.Skip, Batch = 1, Accumulate = 3 }, parts = whole with { Out = _folder.Data.At("parts") };
        TrainingFolder.Run(whole);
        Assert.True(TrainingFolder.RunUntil(parts, step).Interrupted);
        TrainingFolder.Run(parts with { Workers = 3 });
        AssertSame(whole, parts);
        Assert.Equal(4, File.ReadAllLines(Path.Combine(parts.Out, "bad_images.jsonl")).Length);
    }

    [Fact]
    public void Run_Skip_TrainsAsIfTheSamplesWereNotInTheirSteps()
    {
        // With one pass and one step, leaving samples out is the same as data without them, up to their order.
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain) with { Batch = 8, Accumulate = 1, Epochs = 1, WarmupRatio = 0, OnBadImage = BadImagePolicy.Skip };
        Array.ForEach([1, 4], sample => CutShort(_folder, sample));
        TrainingFolder.Recorder left = new(), without = new();
        TrainingFolder.Run(options, left);
        JsonElement[] samples = [.. JsonDocument.Parse(File.ReadAllText(_folder.Data.At("data.json"))).RootElement.EnumerateArray().Where(static (_, i) => i is not (1 or 4))];
        _folder.Data.Write("data.json", JsonSerializer.Serialize(samples));
        TrainingFolder.Run(options with { Out = _folder.Data.At("without") }, without);
        StepResult one = Assert.Single(left.Steps), other = Assert.Single(without.Steps);
        Assert.Equal((other.LabelledRows, other.Rows, 2), (one.LabelledRows, one.Rows, one.LeftOut));
        Assert.Equal(other.Loss, one.Loss, 1e-5);
        Assert.Equal(other.GradientNorm, one.GradientNorm, 1e-4);
    }

    [Fact]
    public void Run_ErrorThenSkip_GoesOnFromTheCheckpoint()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { SaveEvery = 100, Workers = 1 };
        CutShort(_folder, new SampleOrder(8, 4, options.Seed).Step(1)[3]);
        Assert.Throws<InvalidDataException>(() => TrainingFolder.Run(options));
        TrainingFolder.Recorder output = new();
        Assert.Equal(1, TrainingFolder.Run(options with { OnBadImage = BadImagePolicy.Skip }, output).LeftOut);
        Assert.Equal(7, output.Steps.Count);
    }

    [Fact]
    public void Run_NoImageLeft_IsAnErrorAlsoWhenSkipping()
    {
        _folder.Data.WriteSamples(5, textEvery: 5);
        for (int i = 0; i < 4; i++)
        {
            CutShort(_folder, i);
        }

        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { OnBadImage = BadImagePolicy.Skip };
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(options), "None of the 4 samples with an image can be read", "0.png");
    }

    [Fact]
    public void Run_NoImageLeft_KeepsTheStepsThatWereMade()
    {
        _folder.Data.WriteSamples(5, textEvery: 5);
        for (int i = 0; i < 4; i++)
        {
            CutShort(_folder, i);
        }

        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { OnBadImage = BadImagePolicy.Skip, SaveEvery = 100 };
        Assert.Throws<InvalidDataException>(() => TrainingFolder.Run(options));

        int rows = File.ReadLines(Path.Combine(options.Out, "metrics.jsonl")).Count();
        Assert.True(rows > 0);
        Assert.Equal([rows], new CheckpointStore(options.Out, keep: 2).Steps());
    }

    [Theory]
    [InlineData("pipe")]
    [InlineData("device")]
    [InlineData("file")]
    public void Run_ListOfBadImagesIsSomethingElse_IsANewFile(string kind)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no named pipes in folders.");
        _folder.Data.WriteSamples(8);
        CutShort(_folder, 3);
        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { OnBadImage = BadImagePolicy.Skip };
        string list = Path.Combine(Directory.CreateDirectory(options.Out).FullName, "bad_images.jsonl"), other = _folder.Data.At("other.txt");
        File.WriteAllText(other, "mine\n");
        if (kind == "pipe")
        {
            using System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", [list]);
            make.WaitForExit();
        }
        else
        {
            File.CreateSymbolicLink(list, kind == "device" ? "/dev/zero" : other);
        }

        TrainingFolder.Run(options);
        Assert.Contains("sample 3", File.ReadAllLines(list)[^1], StringComparison.Ordinal);
        Assert.Equal("mine\n", File.ReadAllText(other));
    }

    [Fact]
    public void Run_PipesAndDevicesAsImages_AreBadWithoutBeingOpened()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no named pipes in folders.");
        _folder.Data.WriteSamples(8);
        string pipe = Path.Combine(_folder.Data.Images, "2.png"), device = Path.Combine(_folder.Data.Images, "5.png");
        File.Delete(pipe);
        File.Delete(device);
        using (System.Diagnostics.Process make = System.Diagnostics.Process.Start("mkfifo", [pipe]))
        {
            make.WaitForExit();
        }

        File.CreateSymbolicLink(device, "/dev/zero");
        TrainingOptions options = _folder.Options(TrainingStage.Finetune);
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(options), "2 of 8 samples", "2.png", "5.png", "0 bytes");
        Assert.Equal(2, TrainingFolder.Run(options with { OnBadImage = BadImagePolicy.Skip }).LeftOut);
    }

    [Fact]
    public void Add_FolderOfImagesIsGone_IsNoMatterOfSingleImages()
    {
        TrainingData data = _folder.Data.Read(_folder.Data.WriteSamples(3));
        BadImages bad = new(data.Samples, BadImagePolicy.Skip);
        string folder = _folder.Data.At("no-such-folder");
        OneLine.Throws<InvalidDataException>(() => bad.Add(0, "0.png", new FileNotFoundException("0.png is missing."), folder), "sample 0", folder, "not there any more");
        Assert.Equal(0, bad.Count);
        bad.Add(1, Path.Combine(_folder.Data.Root, "1.png"), new FileNotFoundException("1.png is missing."), folder);
        Assert.True(bad.LeavesOut(1));
    }

    [Fact]
    public void Lookahead_DamagedImages_AreKnownBeforeTheirStep()
    {
        string file = _folder.Data.WriteSamples(9);
        CutShort(_folder, 4);
        CutShort(_folder, 8);
        TrainingData data = _folder.Data.Read(file);
        BadImages bad = new(data.Samples, BadImagePolicy.Error);
        using ImageLookahead lookahead = new(data.Samples, new SampleOrder(9, 2, 1), bad, _folder.Data.Images, 3, 100);
        lookahead.Wait();
        Assert.Equal(2, bad.Count);
        Assert.True(bad.HasNews);
        Assert.Equal([4, 8], bad.TakeNews().Select(static found => found.Sample).Order());
        Assert.False(bad.HasNews);
    }

    [Fact]
    public void Lookahead_FailureThatIsNoFiles_IsLeftToTheLoader()
    {
        // A null character is refused by the runtime itself, as memory or a library that is missing are.
        SampleStore samples = new();
        foreach (string image in (string[])["a\0.png", "missing.png"])
        {
            samples.Add(new TokenizedSample(default, [image], 1, 1, 1), [1], [1]);
        }

        BadImages bad = new(samples, BadImagePolicy.Error);
        using ImageLookahead lookahead = new(samples, new SampleOrder(2, 2, 1), bad, _folder.Data.Root, 0, 1);
        lookahead.Wait();
        Assert.False(bad.IsKnown(0));
    }

    [Fact]
    public void LookAtHeads_NoTimeLeft_LeavesTheRestToTheTraining()
    {
        string file = _folder.Data.WriteSamples(40);
        TrainingData data = _folder.Data.Read(file);
        List<string> lines = [];
        new ImageCheck(data.Samples, _folder.Data.Images, new BadImages(data.Samples, BadImagePolicy.Error), lines.Add).LookAtHeads(new SampleOrder(40, 4, 1), 0, TimeSpan.Zero, default);
        string line = Assert.Single(lines);
        Assert.Contains("of 40 image files in 0 s; the rest is checked during the training", line, StringComparison.Ordinal);
    }

    /// <summary>Leaves an image whose head is whole.</summary>
    internal static void CutShort(TrainingFolder folder, int sample)
    {
        string path = Path.Combine(folder.Data.Images, $"{sample}.png");
        byte[] file = File.ReadAllBytes(path);
        File.WriteAllBytes(path, file[..(file.Length * 2 / 3)]);
    }

    private void Damage(int sample, string kind)
    {
        string path = Path.Combine(_folder.Data.Images, $"{sample}.png");
        switch (kind)
        {
            case "cut":
                CutShort(_folder, sample);
                break;
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "text":
                File.WriteAllText(path, "<html>not found</html>");
                break;
            case "head":
                File.WriteAllBytes(path, File.ReadAllBytes(path)[..12]);
                break;
            default:
                File.Delete(path);
                Directory.CreateDirectory(path);
                break;
        }
    }

    private static void AssertSame(TrainingOptions one, TrainingOptions other)
    {
        Dictionary<string, float[]> expected = TrainingFolder.LastWeights(one), actual = TrainingFolder.LastWeights(other);
        Assert.All(expected, pair => Assert.Equal(pair.Value, actual[pair.Key]));
    }
}
