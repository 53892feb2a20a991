using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Training;

/// <summary>Everything that a training run is told. What is not said is LLaVA-1.5's value for the stage.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Model">Folder of the model to begin with: a LLaVA, or a language model together with <see cref="Vision"/>.</param>
/// <param name="Data">Data files in LLaVA's format.</param>
/// <param name="Out">Folder of checkpoints, metrics and the result.</param>
public sealed record TrainingOptions(TrainingStage Stage, string Model, IReadOnlyList<string> Data, string Out)
{
    /// <summary>The longest sample, in rows, unless said otherwise or the model has fewer positions.</summary>
    public const int DefaultMaxLength = 2048;

    private const double MostEpochs = 1e9;

    /// <summary>Gets the folder of a CLIP, where <see cref="Model"/> holds none.</summary>
    public string? Vision { get; init; }

    /// <summary>Gets the folder with a projector that stage 1 trained, or null.</summary>
    public string? ProjectorWeights { get; init; }

    /// <summary>Gets the kind of a projector that is made anew, or null for <c>mlp2x_gelu</c>; one that is read must be of this kind.</summary>
    public ProjectorConfig? Projector { get; init; }

    /// <summary>Gets the folder that paths of pictures begin at.</summary>
    public string? Images { get; init; }

    /// <summary>Gets the conversation template: <c>plain</c> for stage 1, <c>v1</c> for stage 2.</summary>
    public string Template { get; init; } = Stage == TrainingStage.Pretrain ? "plain" : "v1";

    /// <summary>Gets where images go within their turns.</summary>
    public ImageOrder ImageOrder { get; init; }

    /// <summary>Gets what happens to pictures that are not square: cropped in stage 1, padded in stage 2.</summary>
    public ImageAspect ImageAspect { get; init; } = Stage == TrainingStage.Pretrain ? ImageAspect.Square : ImageAspect.Pad;

    /// <summary>Gets the passes over the data; a fraction ends within one.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Gets the number of optimizer steps, or null for as many as <see cref="Epochs"/> take.</summary>
    public long? Steps { get; init; }

    /// <summary>Gets the samples of a micro-batch.</summary>
    public int Batch { get; init; } = Stage == TrainingStage.Pretrain ? 32 : 16;

    /// <summary>Gets the micro-batches of an optimizer step; with <see cref="Batch"/>, 256 samples in stage 1 and 128 in stage 2.</summary>
    public int Accumulate { get; init; } = 8;

    /// <summary>Gets the peak learning rate.</summary>
    public double LearningRate { get; init; } = Stage == TrainingStage.Pretrain ? 1e-3 : 2e-5;

    /// <summary>Gets the projector's own peak learning rate, or null for the same.</summary>
    public double? ProjectorLearningRate { get; init; }

    /// <summary>Gets the decoupled decay of matrices.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Gets the share of the run in which the learning rate rises.</summary>
    public double WarmupRatio { get; init; } = 0.03;

    /// <summary>Gets the largest gradient norm that is not scaled down; infinity never scales.</summary>
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>Gets AdamW's decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>
    /// Gets the most rows of a sample, pictures included, or null for <see cref="DefaultMaxLength"/> or the model's positions, whichever is
    /// less.
    /// </summary>
    public int? MaxLength { get; init; }

    /// <summary>Gets what becomes of longer samples.</summary>
    public TooLongPolicy TooLong { get; init; }

    /// <summary>Gets what becomes of samples with images that cannot be read.</summary>
    public BadImagePolicy OnBadImage { get; init; }

    /// <summary>Gets a value indicating whether all images are decoded before the first step, and not only their heads looked at.</summary>
    public bool DecodeFirst { get; init; }

    /// <summary>Gets a value indicating whether samples without any token that carries loss are accepted.</summary>
    public bool AllowUnsupervised { get; init; }

    /// <summary>Gets the seed of the order of samples and of a new projector.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>Gets the steps between checkpoints; 0 for none but that of an interruption.</summary>
    public long SaveEvery { get; init; } = 500;

    /// <summary>Gets the number of checkpoints that are kept.</summary>
    public int Keep { get; init; } = 1;

    /// <summary>Gets what happens when there are checkpoints.</summary>
    public ResumePolicy Resume { get; init; }

    /// <summary>
    /// Gets the checkpoint in <see cref="Out"/> to go on from: a step, a folder's name or its path; null for the newest one.
    /// </summary>
    public string? ResumeFrom { get; init; }

    /// <summary>Gets the type in which the result's weights are written; checkpoints are exact.</summary>
    public DType SaveType { get; init; } = DType.BF16;

    /// <summary>Gets a value indicating whether stage 1 writes the whole model and not the projector alone.</summary>
    public bool SaveFull { get; init; }

    /// <summary>Gets a value indicating whether the run ends before its first step, with everything checked and nothing written.</summary>
    public bool DryRun { get; init; }

    /// <summary>Gets the command line that asked for the run, which <c>training.json</c> records; null where there was none.</summary>
    public string? Command { get; init; }

    /// <summary>Gets the number of threads that decode pictures ahead of the training.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount / 2, 1, 8);

    /// <summary>Gets the most pixels that an image file may claim; memory and work of its decoder are bounded with it.</summary>
    public int MaxImagePixels { get; init; } = ImageFile.MaxPixels;

    /// <summary>Gets how image files are read.</summary>
    internal ImageReadOptions ImageFiles => new() { MaxPixels = MaxImagePixels };

    /// <summary>Gets the parts that the stage trains.</summary>
    public IReadOnlyList<ModelPart> Trained => Stage == TrainingStage.Pretrain ? [ModelPart.Projector] : [ModelPart.Projector, ModelPart.Language];

    /// <summary>Gets the peak learning rate of a part.</summary>
    /// <param name="part">The part.</param>
    /// <returns>The projector's own rate where it has one, else <see cref="LearningRate"/>.</returns>
    public double PeakRate(ModelPart part) => part == ModelPart.Projector ? ProjectorLearningRate ?? LearningRate : LearningRate;

    /// <summary>Refuses what makes no sense, named by the option of the command line.</summary>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public TrainingOptions Validate()
    {
        Require(Data.Count > 0, "--data is missing; expected at least one file.");
        Require(Out.Length > 0, "--out is empty; expected a folder.");
        Require(Epochs is > 0 and <= MostEpochs, $"--epochs is {Epochs}; expected more than 0.");
        AtLeastOne(Steps ?? 1, "--steps");
        AtLeastOne(Batch, "--batch");
        AtLeastOne(Accumulate, "--accumulate");
        AtLeastOne(MaxLength ?? 1, "--max-length");
        AtLeastOne(Keep, "--keep");
        AtLeastOne(Workers, "--workers");
        Require(MaxImagePixels is >= 1 and <= ImageReadOptions.MostPixels, $"--max-image-pixels is {MaxImagePixels}; expected 1 to {ImageReadOptions.MostPixels}.");
        Require((long)Batch * Accumulate <= int.MaxValue, "--batch times --accumulate is too large.");
        Require(SaveEvery >= 0, $"--save-every is {SaveEvery}; expected 0 or more.");
        Require(double.IsFinite(LearningRate) && LearningRate >= 0, $"--lr is {LearningRate}; expected 0 or more.");
        Require(ProjectorLearningRate is not { } rate || (double.IsFinite(rate) && rate >= 0), $"--projector-lr is {ProjectorLearningRate}; expected 0 or more.");
        Require(double.IsFinite(WeightDecay) && WeightDecay >= 0, $"--weight-decay is {WeightDecay}; expected 0 or more.");
        Require(WarmupRatio is >= 0 and <= 1, $"--warmup-ratio is {WarmupRatio}; expected 0 to 1.");
        Require(MaxGradientNorm > 0, $"--max-grad-norm is {MaxGradientNorm}; expected more than 0.");
        Require(Beta2 is >= 0 and < 1, $"--beta2 is {Beta2}; expected 0 or more and less than 1.");
        Require(SaveType is DType.F32 or DType.BF16 or DType.F16, $"--dtype is {SaveType}; expected f32, bf16 or f16.");
        Require(ResumeFrom is null || Resume != ResumePolicy.Never, "--resume-from and --resume never contradict each other.");
        ConversationTemplates.Parse(Template);
        return this;
    }

    private static void AtLeastOne(long value, string option) => Require(value >= 1, $"{option} is {value}; expected 1 or more.");

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ArgumentException(otherwise);
        }
    }
}
