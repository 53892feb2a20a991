using LlavaCuda.Tests.Data;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

/// <summary>A run that cannot learn anything says so before its first step, and what it says is true of the result.</summary>
public sealed class LearningOutlookTests : IDisposable
{
    private readonly TrainingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, Func<TrainingOptions, TrainingOptions>> Nothing => new()
    {
        { "nothing will be learned: the run has one step, and the warm-up begins at a learning rate of 0", static o => o with { Batch = 16, Epochs = 1 } },
        { "nothing will be learned: the run has one step, and the warm-up begins at a learning rate of 0", static o => o with { Steps = 1, WarmupRatio = 1e-9 } },
        { "nothing will be learned: --lr is 0", static o => o with { LearningRate = 0 } },
        { "nothing will be learned: --lr is 1E-50", static o => o with { LearningRate = 1e-50 } },
        { "a learning rate of at most 1E-12 adds up to less than the weights' precision", static o => o with { LearningRate = 1e-12 } },
    };

    [Theory]
    [MemberData(nameof(Nothing))]
    public void Run_NothingLearned_WarnsBeforeTheFirstStep(string warning, Func<TrainingOptions, TrainingOptions> change)
    {
        _folder.Data.WriteSamples(8);
        foreach (TrainingStage stage in Enum.GetValues<TrainingStage>())
        {
            TrainingFolder.Recorder output = new();
            TrainingOptions options = change(_folder.Options(stage, stage.ToString()));
            TrainingResult result = TrainingFolder.Run(options, output);
            Assert.InRange(output.Lines.FindIndex(line => line.StartsWith("warning: ", StringComparison.Ordinal) && line.Contains(warning, StringComparison.Ordinal)), 0, Begin(output) - 1);
            Assert.All(result.Changes, static change => Assert.InRange(change.Largest, 0, 1e-9));

            TrainingFolder.Recorder dry = new();
            TrainingFolder.Run(options with { DryRun = true, Resume = ResumePolicy.Never }, dry);
            Assert.DoesNotContain(dry.Lines, static line => line.Contains("everything is in order", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Run_OnePartLearns_WarnsOfTheOther()
    {
        _folder.Data.WriteSamples(8);
        TrainingOptions options = _folder.Options(TrainingStage.Finetune);
        TrainingFolder.Recorder language = new(), projector = new();
        TrainingResult result = TrainingFolder.Run(options with { LearningRate = 0, ProjectorLearningRate = 1e-3 }, language);
        Assert.Contains("warning: the language model will not learn anything: --lr is 0", language.Lines);
        Assert.Equal([false, true, false], result.Changes.Select(static change => change.Largest > 0));
        TrainingFolder.Run(options with { Out = _folder.Data.At("other"), ProjectorLearningRate = 0 }, projector);
        Assert.Contains("warning: the projector will not learn anything: --projector-lr is 0", projector.Lines);
    }

    [Fact]
    public void Run_ImagesAfterEveryAnswer_WarnsOfTheProjector()
    {
        // The only answer comes before the image, so that nothing that carries loss depends on it.
        _folder.Data.WritePicture("a.png", 1);
        _folder.Data.WriteSamples(
            DataFolder.Sample("x", "a.png", ("human", "Say yes."), ("gpt", "yes"), ("human", "<image>\nAnd this?")), DataFolder.Sample("y", null, ("human", "Say no."), ("gpt", "no")));
        TrainingFolder.Recorder output = new();
        TrainingResult result = TrainingFolder.Run(_folder.Options(TrainingStage.Finetune) with { Batch = 1, Accumulate = 1 }, output);
        Assert.Contains("warning: the projector will not learn anything: no sample has an image that any of its tokens with loss depends on", output.Lines);
        Assert.Equal([false, false, true], result.Changes.Select(static change => change.Largest > 0));
    }

    [Fact]
    public void Run_NoTokenCarriesLoss_WarnsWhereItIsAccepted()
    {
        _folder.Data.WriteSamples(DataFolder.Sample("x", null, ("human", "Say yes.")), DataFolder.Sample("y", null, ("human", "Say no.")));
        TrainingFolder.Recorder output = new();
        TrainingResult result = TrainingFolder.Run(_folder.Options(TrainingStage.Finetune) with { Batch = 1, Accumulate = 1, Images = null, AllowUnsupervised = true }, output);
        Assert.Contains("warning: nothing will be learned: no token of any sample carries loss", output.Lines);
        Assert.All(result.Changes, static change => Assert.Equal(0, change.Largest));
    }

    [Fact]
    public void Run_GradientsClippedToNothing_Warns()
    {
        _folder.Data.WriteSamples(8);
        TrainingFolder.Recorder output = new();
        TrainingFolder.Run(_folder.Options(TrainingStage.Pretrain) with { MaxGradientNorm = 1e-9, DryRun = true }, output);
        Assert.Contains(output.Lines, static line => line.Contains("--max-grad-norm 1E-09", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(TrainingStage.Pretrain)]
    [InlineData(TrainingStage.Finetune)]
    public void Run_TwoSteps_LearnsWithoutAWarning(TrainingStage stage)
    {
        _folder.Data.WriteSamples(8);
        TrainingFolder.Recorder output = new();
        TrainingResult result = TrainingFolder.Run(_folder.Options(stage) with { Epochs = 1 }, output);
        Assert.DoesNotContain(output.Lines, static line => line.StartsWith("warning: ", StringComparison.Ordinal));
        Assert.All(result.Changes.Where(static change => change.Trained), static change => Assert.True(change.Largest > 0));
    }

    private static int Begin(TrainingFolder.Recorder output) => output.Lines.FindIndex(static line => line.StartsWith("begin ", StringComparison.Ordinal));
}
