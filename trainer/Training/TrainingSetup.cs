using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// What a run begins with, read and checked before any weight is: the model's folder, its tokenizer, all data, the parts that learn and the
/// number of steps.
/// </summary>
internal sealed class TrainingSetup
{
    private readonly TrainingOptions _options;

    private TrainingSetup(TrainingOptions options, ModelFolder folder, LlavaTokenizer tokenizer, ImageProcessorOptions images, TrainingData data, int maxRows)
    {
        _options = options;
        Folder = folder;
        Tokenizer = tokenizer;
        Images = images;
        Data = data;
        MaxRows = maxRows;
        Trained = [.. options.Trained.Where(part => part != ModelPart.Projector || folder.Config.Projector.Depth > 0)];
        Steps = options.Steps ?? StepsOf(options.Epochs, NewOrder().StepsPerEpoch);
    }

    internal ModelFolder Folder { get; }

    internal LlavaConfig Config => Folder.Config;

    internal LlavaTokenizer Tokenizer { get; }

    internal ImageProcessorOptions Images { get; }

    internal TrainingData Data { get; }

    internal int MaxRows { get; }

    internal ModelPart[] Trained { get; }

    internal long Steps { get; }

    /// <summary>Opens the model and reads the data; a line about each wrong sample goes to <paramref name="report"/>, where there are more than the error names.</summary>
    internal static TrainingSetup Read(TrainingOptions options, Action<string> report, CancellationToken cancellation)
    {
        ModelFolder folder = OpenModel(options);
        int positions = folder.Config.Text.MaxPositions;
        if (options.MaxLength > positions)
        {
            throw new ArgumentException($"--max-length is {options.MaxLength}, but the model has {positions} positions.");
        }

        int maxRows = options.MaxLength ?? Math.Min(TrainingOptions.DefaultMaxLength, positions);
        LlavaTokenizer tokenizer = LlavaTokenizer.Load(folder.TokenizerFolder);
        folder.CheckTokenizer(tokenizer);
        DataSettings settings = new(folder.Config, tokenizer, ConversationTemplates.Parse(options.Template), options.ImageOrder, options.Images, maxRows, options.TooLong)
        {
            OnBadImage = options.OnBadImage,
            RequireLoss = !options.AllowUnsupervised,
        };
        TrainingData data = TrainingDataReader.Read(settings, options.Data, report, cancellation);
        TrainingSetup setup = new(options, folder, tokenizer, folder.ReadImageOptions() with { Aspect = options.ImageAspect }, data, maxRows);
        setup.RequireSomethingToLearn();
        return setup;
    }

    /// <summary>Makes the order of samples anew; every user needs one of its own.</summary>
    internal SampleOrder NewOrder() => new(Data.Samples.Count, _options.Batch * _options.Accumulate, _options.Seed);

    /// <summary>Reads the weights that the run begins with.</summary>
    internal LoadReport LoadWeights(ParameterTable table, Device device)
    {
        LoadReport report = Folder.Load(table, device);
        if (Folder.Layout == CheckpointLayout.Base)
        {
            ProjectorInitializer.Initialize(table, device, _options.Seed);
        }

        return Folder.TiesHead && Trained.Contains(ModelPart.Language)
            ? report with { Warnings = [.. report.Warnings, $"{Folder.Path}: tie_word_embeddings is true, but head and embedding learn as two matrices and are saved so."] }
            : report;
    }

    // In decimals, so that 0.1 of 30 steps is 3 and not the 4 that the double nearest to 0.1 would be rounded up to.
    private static long StepsOf(double epochs, int stepsPerEpoch) => Math.Max(1, (long)Math.Ceiling((decimal)epochs * stepsPerEpoch));

    private bool HasPictures => Enumerable.Range(0, Data.Samples.Count).Any(i => Data.Samples[i].Images.Count > 0);

    private static ModelFolder OpenModel(TrainingOptions options)
    {
        ModelFolder folder = options is { Vision: { } vision, ProjectorWeights: null }
            ? ModelFolder.OpenBase(options.Model, vision, options.Projector ?? ProjectorConfig.Mlp2)
            : ModelFolder.OpenWithProjector(options.Model, options.Vision, options.ProjectorWeights);
        return options.Projector is null || options.Projector == folder.Config.Projector ? folder
            : throw new ArgumentException($"--projector is {options.Projector}, but the projector in {options.ProjectorWeights ?? options.Model} is {folder.Config.Projector}; only a new one, with --vision, can be of another kind.");
    }

    private void RequireSomethingToLearn()
    {
        if (Trained.Length == 0)
        {
            throw new ArgumentException($"A projector of type {Config.Projector} has no weights, so that stage 1 has nothing to train.");
        }

        if (Trained is [ModelPart.Projector] && !HasPictures)
        {
            throw new InvalidDataException("No sample has an image, so that the projector cannot learn anything.");
        }

        if (!_options.AllowUnsupervised && Data.WithoutLoss().ToList() is { Count: > 0 } faults)
        {
            throw new InvalidDataException(string.Join(' ', faults));
        }
    }
}
