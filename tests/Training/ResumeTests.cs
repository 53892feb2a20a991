using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

public sealed class ResumeTests : IDisposable
{
    private readonly TrainingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TrainingStage.Pretrain, 3)]
    [InlineData(TrainingStage.Finetune, 2)]
    [InlineData(TrainingStage.Finetune, 7)]
    public void Run_InterruptedAndResumed_EndsOnTheSameBits(TrainingStage stage, long step)
    {
        _folder.Data.WriteSamples(8, textEvery: 4);
        TrainingOptions whole = _folder.Options(stage, "whole"), parts = _folder.Options(stage, "parts");
        if (stage == TrainingStage.Pretrain)
        {
            _folder.Data.WriteSamples(8);
        }

        TrainingFolder.Run(whole);
        TrainingResult stopped = TrainingFolder.RunUntil(parts, step);
        Assert.Equal((true, step), (stopped.Interrupted, stopped.Steps));
        TrainingFolder.Recorder output = new();
        Assert.Equal(8, TrainingFolder.Run(parts with { Workers = 3 }, output, threads: 1).Steps);
        Assert.Equal(8 - step, output.Steps.Count);
        AssertSame(whole, parts);
        Assert.Equal(Losses(whole), Losses(parts));
    }

    [Theory]
    [InlineData(TrainingStage.Pretrain)]
    [InlineData(TrainingStage.Finetune)]
    public void Train_KilledProcess_ResumesToTheSameBits(TrainingStage stage)
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions whole = _folder.Options(stage, "whole") with { Epochs = 16, SaveEvery = 4 }, parts = whole with { Out = _folder.Data.At("parts") };
        TrainingFolder.Run(whole);
        CheckpointStore checkpoints = new(parts.Out, parts.Keep);
        using (Process killed = TrainingFolder.Start(parts))
        {
            Stopwatch clock = Stopwatch.StartNew();
            while (checkpoints.Steps() is not [.., >= 4] && !killed.HasExited && clock.Elapsed < TimeSpan.FromSeconds(60))
            {
                Thread.Sleep(1);
            }

            killed.Kill();
            killed.WaitForExit();
        }

        Assert.InRange(checkpoints.Steps()[^1], 4, 31);
        TrainingFolder.Recorder output = new();
        TrainingFolder.Run(parts, output);
        Assert.NotEmpty(output.Steps);
        AssertSame(whole, parts);
        Assert.Equal(Losses(whole), Losses(parts));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    [InlineData("HUP", "HUP", "HUP")]
    public async Task Train_Signal_SavesAndExitsWith130(params string[] names)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no signals to send.");
        Assert.SkipWhen(names.Any(Ignores), "The signal is ignored here, as in the background of a shell.");
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain) with { Epochs = 2000, SaveEvery = 1_000_000 };
        using Process process = TrainingFolder.Start(options);
        string? line = await process.StandardOutput.ReadLineAsync();
        while (line is not null && !line.StartsWith("pretrain 1/", StringComparison.Ordinal))
        {
            line = await process.StandardOutput.ReadLineAsync();
        }

        foreach (string name in names)
        {
            using Process signal = Process.Start("kill", [$"-{name}", $"{process.Id}"]);
            await signal.WaitForExitAsync();
        }

        Task<string> warnings = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("interrupted after step", await warnings, StringComparison.Ordinal);
        Assert.Single(new CheckpointStore(options.Out, 1).Steps());
    }

    [Fact]
    public void Run_OtherOptionOrData_IsRefusedByName()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain);
        TrainingFolder.RunUntil(options, 2);
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(options with { LearningRate = 1e-3 }), "checkpoint-2", "lr", "0.002", "0.001", "--resume never");
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(options with { Seed = 1 }), "seed");
        File.WriteAllText(_folder.Data.At("data.json"), File.ReadAllText(_folder.Data.At("data.json")).Replace("pink 0", "grey 0", StringComparison.Ordinal));
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(options), "data");
        Assert.Equal(8, TrainingFolder.Run(options with { Resume = ResumePolicy.Never, Seed = 1 }).Steps);
    }

    [Fact]
    public void Run_CheckpointCannotBeWritten_KeepsTheOneBefore()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain);
        TrainingFolder.RunUntil(options, 2);
        Directory.CreateDirectory(Path.Combine(options.Out, ".checkpoint-1.deleted"));
        string inTheWay = Path.Combine(options.Out, ".checkpoint-4.writing");
        File.WriteAllText(inTheWay, string.Empty);
        OneLine.Throws<IOException>(() => TrainingFolder.Run(options), "step 4", "checkpoint-2 is still there");
        File.Delete(inTheWay);
        Assert.Equal(8, TrainingFolder.Run(options).Steps);
        Assert.Empty(Directory.EnumerateFileSystemEntries(options.Out, ".*"));
    }

    [Fact]
    public void Run_WhileAnotherRuns_IsRefused()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain);
        using (OutputLock.Take(options.Out))
        {
            OneLine.Throws<IOException>(() => TrainingFolder.Run(options), "in use by another run");
        }

        Assert.Equal(8, TrainingFolder.Run(options).Steps);
        Assert.Equal(["data.json", "images", "out"], Directory.EnumerateFileSystemEntries(_folder.Data.Root).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Run_OldCheckpointCannotBeDeleted_WarnsAndGoesOn()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain) with { Keep = 1 };
        string inTheWay = Path.Combine(options.Out, ".checkpoint-2.deleted");
        Directory.CreateDirectory(options.Out);
        File.WriteAllText(inTheWay, string.Empty);
        TrainingFolder.Recorder output = new();
        Assert.Equal(8, TrainingFolder.Run(options, output).Steps);
        Assert.Contains(output.Lines, line => line.StartsWith("warning: ", StringComparison.Ordinal) && line.Contains("checkpoint-2 could not be deleted", StringComparison.Ordinal));
        Assert.Equal([2L, 8], new CheckpointStore(options.Out, 1).Steps());
    }

    [Fact]
    public void Run_LeftoversOfCheckpoints_AreSwept()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain);
        string[] leftovers = [Path.Combine(options.Out, ".checkpoint-3.writing"), Path.Combine(options.Out, ".checkpoint-5.deleted")];
        Array.ForEach(leftovers, path => File.WriteAllText(Path.Combine(Directory.CreateDirectory(path).FullName, "weights.safetensors"), "half"));
        TrainingFolder.Run(options with { DryRun = true });
        Assert.All(leftovers, path => Assert.True(Directory.Exists(path)));
        TrainingFolder.RunUntil(options, 1);
        Assert.All(leftovers, path => Assert.False(Directory.Exists(path)));
    }

    [Theory]
    [InlineData("image_std", "image deviation")]
    [InlineData("image_mean", "image mean")]
    [InlineData("rescale_factor", "image rescale")]
    public void Run_OtherPreprocessing_IsRefusedByName(string key, string name)
    {
        _folder.Data.WriteSamples(8);
        string model = _folder.Data.At("model"), file = Path.Combine(model, "preprocessor_config.json");
        Directory.CreateDirectory(model);
        foreach (string path in Directory.EnumerateFiles(LlavaCuda.Tests.Data.DataFolder.Model))
        {
            File.Copy(path, Path.Combine(model, Path.GetFileName(path)));
        }

        TrainingOptions options = _folder.Options(TrainingStage.Pretrain) with { Model = model };
        TrainingFolder.RunUntil(options, 2);
        JsonNode json = JsonNode.Parse(File.ReadAllText(file))!;
        json[key] = key == "rescale_factor" ? 0.01 : new JsonArray(0.25, 0.5, 0.75);
        File.WriteAllText(file, json.ToJsonString());
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(options), "checkpoint-2", name);
    }

    [Fact]
    public void Run_DamagedCheckpoint_IsNamed()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain);
        TrainingFolder.RunUntil(options, 2);
        _folder.Data.Write("out/checkpoint-2/state.json", "{");
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(options), "checkpoint-2", "state.json", "damaged");
    }

    [Fact]
    public void Run_Keep_LeavesTheNewestCheckpoints()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain) with { Keep = 2 };
        TrainingFolder.Run(options);
        Assert.Equal([6L, 8], new CheckpointStore(options.Out, 2).Steps());
        TrainingFolder.Recorder again = new();
        TrainingFolder.Run(options, again);
        Assert.Empty(again.Steps);
    }

    private static void AssertSame(TrainingOptions one, TrainingOptions other)
    {
        Dictionary<string, float[]> expected = TrainingFolder.LastWeights(one), actual = TrainingFolder.LastWeights(other);
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.All(expected, pair => Assert.Equal(pair.Value, actual[pair.Key]));
    }

    private static List<(long, double)> Losses(TrainingOptions options) =>
        LlavaCuda.Trainer.Metrics.MetricsLog.Read(Path.Combine(options.Out, "metrics.jsonl"), "loss");

    // A shell's background job inherits this, and the runtime leaves it so.
    private static bool Ignores(string name)
    {
        int signal = name switch { "HUP" => 1, "INT" => 2, _ => 15 };
        const string Status = "/proc/self/status", Key = "SigIgn:";
        string? mask = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(static line => line.StartsWith(Key, StringComparison.Ordinal)) : null;
        return mask is not null && (ulong.Parse(mask.AsSpan(Key.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1ul << (signal - 1))) != 0;
    }
}
