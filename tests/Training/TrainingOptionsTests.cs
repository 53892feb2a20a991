using LlavaCuda.Images;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Tests.Training;

public sealed class TrainingOptionsTests
{
    [Fact]
    public void Defaults_OfTheStages_AreLlavas()
    {
        TrainingOptions first = new(TrainingStage.Pretrain, "m", ["d"], "o"), second = new(TrainingStage.Finetune, "m", ["d"], "o");
        Assert.Equal(("plain", 1e-3, 256, ImageAspect.Square), (first.Template, first.LearningRate, first.Batch * first.Accumulate, first.ImageAspect));
        Assert.Equal(("v1", 2e-5, 128, ImageAspect.Pad), (second.Template, second.LearningRate, second.Batch * second.Accumulate, second.ImageAspect));
        Assert.Equal((0.03, 0, 1, 0.999, 1), (second.WarmupRatio, second.WeightDecay, second.MaxGradientNorm, second.Beta2, second.Epochs));
    }

    public static TheoryData<string, Func<TrainingOptions, TrainingOptions>> Wrong => new()
    {
        { "--data", o => o with { Data = [] } },
        { "--epochs is 0", o => o with { Epochs = 0 } },
        { "--epochs is -0.5", o => o with { Epochs = -0.5 } },
        { "--epochs is NaN", o => o with { Epochs = double.NaN } },
        { "--epochs is", o => o with { Epochs = double.PositiveInfinity } },
        { "--steps is -1", o => o with { Steps = -1 } },
        { "--batch is 0", o => o with { Batch = 0 } },
        { "--batch times --accumulate", o => o with { Batch = 1 << 20, Accumulate = 1 << 20 } },
        { "--lr is NaN", o => o with { LearningRate = double.NaN } },
        { "--projector-lr is -1", o => o with { ProjectorLearningRate = -1 } },
        { "--warmup-ratio is 2", o => o with { WarmupRatio = 2 } },
        { "--max-grad-norm is 0", o => o with { MaxGradientNorm = 0 } },
        { "--beta2 is 1", o => o with { Beta2 = 1 } },
        { "--dtype is I32", o => o with { SaveType = LlavaCuda.Tensors.DType.I32 } },
        { "no conversation template 'v9'", o => o with { Template = "v9" } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_OutOfRange_NamesTheOption(string part, Func<TrainingOptions, TrainingOptions> change) =>
        OneLine.Throws<ArgumentException>(() => change(new(TrainingStage.Pretrain, "m", ["d"], "o")).Validate(), part);
}
