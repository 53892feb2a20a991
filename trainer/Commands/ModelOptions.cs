using System.CommandLine;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Evaluation;

namespace LlavaCuda.Trainer.Commands;

/// <summary>The options by which commands that talk load a model and answer.</summary>
internal sealed class ModelOptions
{
    private static readonly GenerationOptions Defaults = new();
    private readonly DeviceOptions _device = new();
    private readonly ImageFileOptions _imageFiles = new();
    private readonly Option<string> _model = new("--model") { Description = "A model folder: Hugging Face LLaVA, or original LLaVA.", Required = true };
    private readonly Option<string?> _vision = new("--vision") { Description = "The CLIP folder, where an original LLaVA folder only names one." };
    private readonly Option<string?> _projectorWeights = new("--projector-weights") { Description = "Folder with a projector that stage pretrain wrote, which --model, then perhaps a language model alone, is completed with; by default the model's own." };
    private readonly Option<string?> _template = new("--template") { Description = "The conversation template, for example v1 or llava_llama_2; by default what the model was trained with." };
    private readonly Option<ImageAspect?> _aspect = new("--image-aspect") { HelpName = "square|pad", Description = "square crops images, pad shows them whole; by default what the model was trained with." };
    private readonly Option<int?> _context = new("--context") { Description = "Most rows of a conversation, images included; memory is reserved for them. By default what the model was made for, at most 4096." };
    private readonly Option<string[]> _images = new("--image") { Description = "An image file; may be given several times, or not at all.", DefaultValueFactory = static _ => [], AllowMultipleArgumentsPerToken = true };
    private readonly Option<ImageOrder> _imageOrder = new("--image-order") { HelpName = "first|data", Description = "first puts a turn's images before its text, as LLaVA was trained; data leaves them where <image> stands in the question. [default: first]" };
    private readonly Option<double> _temperature = new("--temperature") { Description = "0 always takes the most likely token.", DefaultValueFactory = static _ => Defaults.Temperature };
    private readonly Option<int> _topK = new("--top-k") { Description = "Draw from so many of the most likely tokens; 0 is all.", DefaultValueFactory = static _ => Defaults.TopK };
    private readonly Option<double> _topP = new("--top-p") { Description = "Draw from the most likely tokens that have this probability together.", DefaultValueFactory = static _ => Defaults.TopP };
    private readonly Option<ulong> _seed = new("--seed") { Description = "The same seed gives the same answer.", DefaultValueFactory = static _ => Defaults.Seed };
    private readonly Option<int> _maxNewTokens = new("--max-new-tokens") { Description = "Most tokens of an answer.", DefaultValueFactory = static _ => Defaults.MaxNewTokens };
    private readonly Option<string[]> _stop = new("--stop") { Description = "A text that ends the answer, beside those of the template; may be given several times.", DefaultValueFactory = static _ => [] };

    /// <summary>Adds the options.</summary>
    /// <param name="command">The command.</param>
    /// <param name="images">Whether images are named on the command line.</param>
    /// <param name="required">Whether there must be a model.</param>
    internal void AddTo(Command command, bool images = true, bool required = true)
    {
        _model.Required = required;
        Option[] named = images ? [_images] : [];
        foreach (Option option in (Option[])[_model, _vision, _projectorWeights, _template, _aspect, _context, .. named, _imageOrder, _temperature, _topK, _topP, _seed, _maxNewTokens, _stop])
        {
            command.Add(option);
        }

        _imageFiles.AddTo(command);
        _device.AddTo(command);
    }

    /// <summary>Gets the names of the options that say how answers are generated.</summary>
    internal static IReadOnlyList<string> Answering => ["--temperature", "--top-k", "--top-p", "--seed", "--max-new-tokens", "--stop"];

    /// <summary>Tells whether a model was named.</summary>
    /// <param name="parsed">The parsed command line.</param>
    internal bool IsNamed(ParseResult parsed) => parsed.GetValue(_model) is not null;

    /// <summary>Opens the device.</summary>
    /// <param name="parsed">The parsed command line.</param>
    /// <returns>The device, which the caller disposes.</returns>
    internal Device OpenDevice(ParseResult parsed) => _device.Open(parsed);

    /// <summary>Loads the model.</summary>
    /// <param name="parsed">The parsed command line.</param>
    /// <param name="device">Where.</param>
    /// <returns>The model, which the caller disposes.</returns>
    internal LlavaModel Load(ParseResult parsed, Device device)
    {
        LlavaModel model;
        using (LoadingLine loading = new(parsed.InvocationConfiguration.Error))
        {
            model = LlavaModel.Load(
                parsed.GetRequiredValue(_model),
                device,
                new LlavaModelOptions
                {
                    VisionTower = parsed.GetValue(_vision),
                    ProjectorWeights = parsed.GetValue(_projectorWeights),
                    Template = parsed.GetValue(_template) is { } name ? ConversationTemplates.Parse(name) : null,
                    Aspect = parsed.GetValue(_aspect),
                    ImageOrder = parsed.GetValue(_imageOrder),
                    ContextLength = parsed.GetValue(_context),
                    ImageFiles = _imageFiles.Read(parsed),
                },
                loading.Report);
        }

        foreach (string warning in model.Warnings)
        {
            Console.Error.WriteLine($"warning: {warning}");
        }

        return model;
    }

    /// <summary>Gets what tells this model, asked with these options, from others.</summary>
    /// <param name="parsed">The parsed command line.</param>
    internal string Fingerprint(ParseResult parsed) => RunFingerprint.Of(
        [parsed.GetRequiredValue(_model), parsed.GetValue(_vision), parsed.GetValue(_projectorWeights)],
        string.Join(
            '\n',
            [
                parsed.GetValue(_template) ?? string.Empty, $"{parsed.GetValue(_aspect)}", $"{parsed.GetValue(_context)}", $"{parsed.GetValue(_imageOrder)}",
                $"{Generation(parsed) with { StopStrings = [] }}", .. parsed.GetValue(_stop)!,
            ]));

    /// <summary>Reads the images.</summary>
    /// <param name="parsed">The parsed command line.</param>
    /// <returns>The images, with the names that they were given by.</returns>
    internal IReadOnlyList<ImageArgument> ReadImages(ParseResult parsed)
    {
        ImageReadOptions files = _imageFiles.Read(parsed);
        return [.. parsed.GetValue(_images)!.Select(path => ImageArgument.Read(_images.Name, path, files))];
    }

    /// <summary>Gets how to answer.</summary>
    /// <param name="parsed">The parsed command line.</param>
    /// <returns>Validated options.</returns>
    internal GenerationOptions Generation(ParseResult parsed)
    {
        try
        {
            return Read(parsed).Validate();
        }
        catch (ArgumentException error)
        {
            // The library names its properties; whoever typed options wants those named.
            (string Property, string Option)[] names =
            [
                (nameof(GenerationOptions.MaxNewTokens), _maxNewTokens.Name), (nameof(GenerationOptions.Temperature), _temperature.Name),
                (nameof(GenerationOptions.TopK), _topK.Name), (nameof(GenerationOptions.TopP), _topP.Name),
            ];
            throw new ArgumentException(names.Aggregate(ExitCode.Line(error), static (text, name) => text.Replace(name.Property, name.Option, StringComparison.Ordinal)));
        }
    }

    private GenerationOptions Read(ParseResult parsed) => new()
    {
        Temperature = parsed.GetValue(_temperature),
        TopK = parsed.GetValue(_topK),
        TopP = parsed.GetValue(_topP),
        Seed = parsed.GetValue(_seed),
        MaxNewTokens = parsed.GetValue(_maxNewTokens),
        StopStrings = parsed.GetValue(_stop)!,
    };
}
