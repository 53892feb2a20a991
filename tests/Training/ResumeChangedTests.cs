using System.Text.Json;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer.Metrics;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

/// <summary>Fractional passes, and runs that go on with other steps or another split where that is asked for.</summary>
public sealed class ResumeChangedTests : IDisposable
{
    private readonly TrainingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0.5, 5)]
    [InlineData(0.1, 1)]
    [InlineData(0.3, 3)]
    [InlineData(0.31, 4)]
    [InlineData(1e-6, 1)]
    [InlineData(1.5, 15)]
    [InlineData(2, 20)]
    public void Steps_OfFractionalEpochs_AreRoundedUp(double epochs, long steps)
    {
        _folder.Data.WriteSamples(10);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain) with { Batch = 1, Accumulate = 1, Epochs = epochs, DryRun = true };
        TrainingFolder.Recorder output = new();
        TrainingFolder.Run(options, output);
        Assert.Contains(output.Lines, line => line.StartsWith($"{steps} of {steps} steps to make", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 1)]
    public void Run_OtherSplit_GoesOnWithTheSameSamplesWhenAsked(int batch, int accumulate)
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions whole = _folder.Options(TrainingStage.Finetune, "whole"), parts = whole with { Out = _folder.Data.At("parts") };
        TrainingFolder.Run(whole);
        TrainingFolder.RunUntil(parts, 3);
        TrainingOptions split = parts with { Batch = batch, Accumulate = accumulate };
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(split), "batch 2 is now", "--resume changed");
        TrainingFolder.Recorder output = new();
        TrainingFolder.Run(split with { Resume = ResumePolicy.Changed }, output);
        Assert.Equal(5, output.Steps.Count);
        Assert.Contains(output.Lines, line => line.StartsWith("warning: going on with other options", StringComparison.Ordinal) && line.Contains($"accumulate 2 is now {accumulate}", StringComparison.Ordinal));

        // The same samples, summed up in another order.
        Assert.Equal(Values(whole, "labelled_tokens"), Values(parts, "labelled_tokens"));
        Assert.All(Values(whole, "loss").Zip(Values(parts, "loss")), static pair => Assert.Equal(pair.First, pair.Second, 1e-4));

        // From here on the other split is the run's own.
        TrainingFolder.Run(split);
    }

    [Fact]
    public void Run_MoreEpochs_GoOnWhenAsked()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain) with { Epochs = 2 };
        TrainingFolder.Run(options);
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(options with { Epochs = 3 }), "steps 4 is now 6", "--resume changed");
        TrainingFolder.Recorder output = new();
        TrainingOptions more = options with { Epochs = 3.5, Resume = ResumePolicy.Changed };
        Assert.Equal(7, TrainingFolder.Run(more, output).Steps);
        Assert.Equal(3, output.Steps.Count);
        Assert.Equal(7, Values(options, "loss").Count);
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(more with { Epochs = 1 }), "checkpoint-7", "2 steps");
    }

    [Fact]
    public void Run_OtherSamplesAStepOrOtherRate_IsRefusedAlsoWhenChangesAreAsked()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Pretrain), changed = options with { Resume = ResumePolicy.Changed };
        TrainingFolder.RunUntil(options, 2);
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(changed with { Accumulate = 4, Steps = 8 }), "accumulate is 2", "this run's is 4");
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(changed with { LearningRate = 1 }), "lr is");
        OneLine.Throws<InvalidDataException>(() => TrainingFolder.Run(changed with { Seed = 1, Epochs = 9 }), "seed is");
    }

    [Fact]
    public void TrainingJson_TellsCommandPathsAndVersions()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Finetune) with { Command = "llava train --model \"a b\"" };
        TrainingFolder.RunUntil(options, 3);
        TrainingFolder.Run(options);
        JsonElement report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(options.Out, "training.json"))).RootElement;
        Assert.Equal("llava train --model \"a b\"", report.GetProperty("command").GetString());
        Assert.Equal((8, 3, 8), (report.GetProperty("step").GetInt32(), report.GetProperty("went_on_from_step").GetInt32(), report.GetProperty("samples").GetInt32()));
        Assert.Equal(options.Data[0], report.GetProperty("paths").GetProperty("data")[0].GetString());
        Assert.Equal(Path.GetFullPath(options.Model), report.GetProperty("paths").GetProperty("model").GetString());
        Assert.All((string[])["llava", "dotnet", "system", "device"], name => Assert.NotEmpty(report.GetProperty("versions").GetProperty(name).GetString()!));
        Assert.True(report.GetProperty("finished").GetDateTime() >= report.GetProperty("started").GetDateTime());
        Assert.Equal("Finetune", report.GetProperty("run").GetProperty("stage").GetString());
    }

    private static List<double> Values(TrainingOptions options, string name) => [.. MetricsLog.Read(Path.Combine(options.Out, "metrics.jsonl"), name).Select(static row => row.Value)];
}
