using System.CommandLine;
using System.Globalization;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Tensors;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Data;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Commands;

/// <summary>
/// The options of <c>llava train</c>. Those that are not given keep the values of <see cref="TrainingOptions"/>, which help shows.
/// </summary>
internal sealed class TrainOptions
{
    private static readonly TrainingOptions Pretrain = new(TrainingStage.Pretrain, string.Empty, [], string.Empty);
    private static readonly TrainingOptions Finetune = new(TrainingStage.Finetune, string.Empty, [], string.Empty);

    private readonly Option<TrainingStage> _stage = new("--stage") { HelpName = "pretrain|finetune", Description = "pretrain or finetune.", Required = true };
    private readonly Option<string> _model = new("--model") { Description = "Folder to begin with: a LLaVA, or a language model together with --vision.", Required = true };
    private readonly Option<string?> _vision = new("--vision") { Description = "Folder of a CLIP; only for a --model that is a language model." };
    private readonly Option<string?> _projectorWeights = new("--projector-weights") { Description = "Folder with the projector that stage pretrain wrote; unless given, the model's own or, with --vision, a new one." };
    private readonly Option<string?> _projector = new("--projector") { Description = "Kind of a new projector: mlp2x_gelu, mlpNx_gelu, linear, identity. [default: mlp2x_gelu]" };
    private readonly Option<string[]> _data = new("--data") { Description = "Data file: a JSON array of samples or JSON Lines, in LLaVA's format (conversations) or that of chats (messages); may be given several times.", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _images = new("--images") { Description = "Folder that relative paths of images begin at; only for data without any may it be left out." };
    private readonly Option<string> _out = new("--out") { Description = "Folder of checkpoints, metrics and the result.", Required = true };
    private readonly Option<string?> _template = new("--template") { Description = "Conversation template." + Default(static o => o.Template) };
    private readonly Option<ImageOrder?> _imageOrder = new("--image-order") { HelpName = "first|data", Description = "first puts a turn's image before its text, as LLaVA does; data leaves it in its place." + Default(static o => o.ImageOrder) };
    private readonly Option<ImageAspect?> _imageAspect = new("--image-aspect") { HelpName = "square|pad", Description = "square crops images, pad shows them whole." + Default(static o => o.ImageAspect) };
    private readonly Option<double?> _epochs = new("--epochs") { Description = "Passes over the data; a fraction, as 0.5, ends within one." + Default(static o => o.Epochs) };
    private readonly Option<long?> _steps = new("--steps") { Description = "Optimizer steps; as many as --epochs takes unless given." };
    private readonly Option<int?> _batch = new("--batch") { Description = "Samples of a micro-batch." + Default(static o => o.Batch) };
    private readonly Option<int?> _accumulate = new("--accumulate") { Description = "Micro-batches of an optimizer step. Only the product with --batch matters for what is learned." + Default(static o => o.Accumulate) };
    private readonly Option<double?> _lr = new("--lr") { Description = "Peak learning rate." + Default(static o => o.LearningRate) };
    private readonly Option<double?> _projectorLr = new("--projector-lr") { Description = "The projector's own peak learning rate; the same as --lr unless given." };
    private readonly Option<double?> _weightDecay = new("--weight-decay") { Description = "Decoupled decay of matrices." + Default(static o => o.WeightDecay) };
    private readonly Option<double?> _warmupRatio = new("--warmup-ratio") { Description = "Share of the steps in which the rate rises; then half a cosine down to 0." + Default(static o => o.WarmupRatio) };
    private readonly Option<double?> _maxGradNorm = new("--max-grad-norm") { Description = "Gradients of a larger norm are scaled down to it." + Default(static o => o.MaxGradientNorm) };
    private readonly Option<double?> _beta2 = new("--beta2") { Description = "AdamW's decay of the second moment." + Default(static o => o.Beta2) };
    private readonly Option<int?> _maxLength = new("--max-length") { Description = $"Most rows of a sample, images included; unless given {TrainingOptions.DefaultMaxLength}, or the model's positions where those are fewer." };
    private readonly Option<TooLongPolicy?> _tooLong = new("--too-long") { HelpName = "error|skip|truncate", Description = "What becomes of longer samples: error, truncate (text at the end, never an image), skip." + Default(static o => o.TooLong) };
    private readonly Option<bool> _allowUnsupervised = new("--allow-unsupervised") { Description = "Accept samples in which no token carries loss, and turns that say nothing." };
    private readonly Option<BadImagePolicy?> _onBadImage = new("--on-bad-image") { HelpName = "error|skip", Description = "What becomes of samples whose image is missing, empty or damaged: error ends the run, skip leaves them out, names and counts them." + Default(static o => o.OnBadImage) };
    private readonly Option<bool> _decode = new("--decode") { Description = "Decode every image before the first step; without it only their heads are looked at, and the rest is checked in the background, ahead of the training." };
    private readonly Option<ulong?> _seed = new("--seed") { Description = "Fixes the order of samples and a new projector." + Default(static o => o.Seed) };
    private readonly Option<long?> _saveEvery = new("--save-every") { Description = "Steps between checkpoints; 0 for none but that of an interruption." + Default(static o => o.SaveEvery) };
    private readonly Option<int?> _keep = new("--keep") { Description = "Checkpoints to keep." + Default(static o => o.Keep) };
    private readonly Option<ResumePolicy?> _resume = new("--resume") { HelpName = "auto|changed|never", Description = "auto goes on from the newest checkpoint in --out; changed does so also with other --epochs or --steps, or another split of as many samples into --batch and --accumulate; never deletes those checkpoints and starts from scratch." + Default(static o => o.Resume) };
    private readonly Option<string?> _resumeFrom = new("--resume-from")
    {
        HelpName = "step|folder",
        Description = "Go on from this checkpoint in --out and not from the newest one; those of later steps go as soon as a new one is whole.",
    };

    private readonly Option<DType?> _dtype = new("--dtype") { HelpName = "bf16|f16|f32", Description = "Type of the weights in the result: bf16, f16, f32. Checkpoints are exact." + Default(static o => o.SaveType) };
    private readonly Option<bool> _saveFull = new("--save-full") { Description = "Let pretrain write the whole model and not the projector alone." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Check model, data, memory and disk, show the account of them, and stop before the first step." };
    private readonly Option<int> _maxImagePixels = ImageFileOptions.CreateMaxPixels();
    private readonly Option<int?> _workers = new("--workers") { Description = "Threads that decode images ahead of the training." + Default(static o => o.Workers) };

    /// <summary>Adds the options.</summary>
    /// <param name="command">The command.</param>
    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])
        [
            _stage, _model, _vision, _projectorWeights, _projector, _data, _images, _out, _template, _imageOrder, _imageAspect, _epochs, _steps, _batch, _accumulate, _lr, _projectorLr,
            _weightDecay, _warmupRatio, _maxGradNorm, _beta2, _maxLength, _tooLong, _onBadImage, _decode, _allowUnsupervised, _seed, _saveEvery, _keep, _resume, _resumeFrom, _dtype, _saveFull, _dryRun, _workers, _maxImagePixels,
        ])
        {
            command.Add(option);
        }
    }

    /// <summary>Takes the options from a command line.</summary>
    /// <param name="parsed">The parsed command line.</param>
    /// <returns>Options, not yet validated.</returns>
    /// <exception cref="ArgumentException">The kind of projector is unknown.</exception>
    internal TrainingOptions Read(ParseResult parsed)
    {
        TrainingOptions o = new(parsed.GetRequiredValue(_stage), parsed.GetRequiredValue(_model), parsed.GetRequiredValue(_data), parsed.GetRequiredValue(_out));
        return o with
        {
            Vision = parsed.GetValue(_vision),
            ProjectorWeights = FolderOf(parsed.GetValue(_projectorWeights)),
            Projector = parsed.GetValue(_projector) is { } kind ? ParseProjector(kind) : o.Projector,
            Images = parsed.GetValue(_images),
            Template = parsed.GetValue(_template) ?? o.Template,
            ImageOrder = parsed.GetValue(_imageOrder) ?? o.ImageOrder,
            ImageAspect = parsed.GetValue(_imageAspect) ?? o.ImageAspect,
            Epochs = parsed.GetValue(_epochs) ?? o.Epochs,
            Steps = parsed.GetValue(_steps),
            Batch = parsed.GetValue(_batch) ?? o.Batch,
            Accumulate = parsed.GetValue(_accumulate) ?? o.Accumulate,
            LearningRate = parsed.GetValue(_lr) ?? o.LearningRate,
            ProjectorLearningRate = parsed.GetValue(_projectorLr),
            WeightDecay = parsed.GetValue(_weightDecay) ?? o.WeightDecay,
            WarmupRatio = parsed.GetValue(_warmupRatio) ?? o.WarmupRatio,
            MaxGradientNorm = parsed.GetValue(_maxGradNorm) ?? o.MaxGradientNorm,
            Beta2 = parsed.GetValue(_beta2) ?? o.Beta2,
            MaxLength = parsed.GetValue(_maxLength),
            TooLong = parsed.GetValue(_tooLong) ?? o.TooLong,
            OnBadImage = parsed.GetValue(_onBadImage) ?? o.OnBadImage,
            DecodeFirst = parsed.GetValue(_decode),
            AllowUnsupervised = parsed.GetValue(_allowUnsupervised),
            Seed = parsed.GetValue(_seed) ?? o.Seed,
            SaveEvery = parsed.GetValue(_saveEvery) ?? o.SaveEvery,
            Keep = parsed.GetValue(_keep) ?? o.Keep,
            Resume = parsed.GetValue(_resume) ?? o.Resume,
            ResumeFrom = parsed.GetValue(_resumeFrom),
            SaveType = parsed.GetValue(_dtype) ?? o.SaveType,
            SaveFull = parsed.GetValue(_saveFull),
            DryRun = parsed.GetValue(_dryRun),
            Workers = parsed.GetValue(_workers) ?? o.Workers,
            MaxImagePixels = parsed.GetValue(_maxImagePixels),
        };
    }

    // The stage decides over some, so that the parser cannot know them: help shows them in the parser's way.
    private static string Default(Func<TrainingOptions, object> value)
    {
        string pretrain = Text(value(Pretrain)), finetune = Text(value(Finetune));
        return pretrain == finetune ? $" [default: {pretrain}]" : $" [default: {pretrain} for pretrain, {finetune} for finetune]";
    }

    private static string Text(object value) => value switch
    {
        double and > 0 and < 0.001 => string.Create(CultureInfo.InvariantCulture, $"{value:0.######e-0}"),
        Enum => value.ToString()!.ToLowerInvariant(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    // LLaVA's scripts name the file in the folder.
    private static string? FolderOf(string? projector) =>
        Path.GetFileName(projector) is "mm_projector.bin" or "mm_projector.safetensors" && File.Exists(projector) ? Path.GetDirectoryName(Path.GetFullPath(projector)) : projector;

    private static ProjectorConfig ParseProjector(string kind)
    {
        try
        {
            return ProjectorConfig.Parse(kind);
        }
        catch (InvalidDataException error)
        {
            throw new ArgumentException($"--projector: {error.Message}", error);
        }
    }
}
