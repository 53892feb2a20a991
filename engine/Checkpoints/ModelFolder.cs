using LlavaCuda.Devices;
using LlavaCuda.Formats;
using LlavaCuda.Images;
using LlavaCuda.Models;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// A model on disk, in any of the known layouts: its configuration, where its tokenizer and its picture settings lie, and <see cref="Load"/> for its weights. Opening reads
/// small files only.
/// </summary>
public sealed partial class ModelFolder
{
    private readonly List<Source> _sources = [];
    private readonly List<string> _warnings = [];
    private bool _tied;

    private ModelFolder(string path, CheckpointLayout layout, LlavaConfig config)
    {
        Path = path;
        Layout = layout;
        Config = config;
    }

    /// <summary>Gets the folder; of a base, the language model's.</summary>
    public string Path { get; }

    /// <summary>Gets the form in which the model lies there.</summary>
    public CheckpointLayout Layout { get; }

    /// <summary>Gets everything that fixes shapes and arithmetic.</summary>
    public LlavaConfig Config { get; private set; }

    /// <summary>Gets how pictures that are not square become square: <c>pad</c>, or <c>square</c> for a crop.</summary>
    public string ImageAspectRatio { get; private set; } = "square";

    /// <summary>Gets the folder with <c>tokenizer.model</c> and its companions.</summary>
    public string TokenizerFolder { get; private init; } = string.Empty;

    /// <summary>Gets the file that says how pictures are resized and normalised, or null where there is none: of a vision tower, CLIP's usual values hold then; see <see cref="ReadImageOptions"/>.</summary>
    public string? PreprocessorFile { get; private init; }

    /// <summary>Opens a LLaVA.</summary>
    /// <param name="path">Its folder.</param>
    /// <param name="visionTowerPath">The folder of the CLIP that an original LLaVA names, where that name is no folder (absolute, or relative to <paramref name="path"/>).</param>
    /// <param name="languagePath">The folder of the language model, where <paramref name="path"/> holds only the projector that was trained for it.</param>
    /// <returns>The opened model.</returns>
    /// <exception cref="InvalidDataException">A configuration is broken or asks for what is not supported; the message names file and key.</exception>
    /// <exception cref="DirectoryNotFoundException">A folder is missing.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="ArgumentException">A second vision tower or language model is given for a folder that holds its own.</exception>
    public static ModelFolder Open(string path, string? visionTowerPath = null, string? languagePath = null)
    {
        ConfigSection config = OpenConfig(path);
        return LlavaConfigFile.Layout(config) == CheckpointLayout.Original ? OpenOriginal(path, config, visionTowerPath, languagePath)
            : visionTowerPath is null && languagePath is null ? OpenHuggingFace(path, config)
            : throw new ArgumentException($"{path} holds its own vision tower and language model; no second one can be given.");
    }

    /// <summary>Opens a language model and a vision tower to train a projector between them. <see cref="Load"/> leaves the projector alone.</summary>
    /// <param name="languagePath">A Vicuna's folder.</param>
    /// <param name="visionTowerPath">A CLIP's folder.</param>
    /// <param name="projector">The projector between them.</param>
    /// <param name="featureLayer">The hidden state that is used, see <see cref="LlavaConfig.FeatureLayer"/>.</param>
    /// <param name="selection">The rows of it that are used.</param>
    /// <returns>The opened base.</returns>
    /// <exception cref="InvalidDataException">A configuration is broken or asks for what is not supported; the message names file and key.</exception>
    public static ModelFolder OpenBase(
        string languagePath, string visionTowerPath, ProjectorConfig projector, int featureLayer = -2, FeatureSelection selection = FeatureSelection.Patch)
    {
        ConfigSection language = OpenConfig(languagePath);
        if (language.Text("model_type", string.Empty) is { } kind && kind.StartsWith("llava", StringComparison.Ordinal))
        {
            throw language.Wrong("model_type", "llama: a LLaVA has a vision tower of its own, and takes no other");
        }

        language.Require("model_type", string.Empty, "llama");
        OpenConfig(visionTowerPath);
        LlavaConfig config = new(ClipConfigFile.ReadFolder(visionTowerPath, out IEnumerable<string> warnings), LlamaConfigFile.Read(language), projector) { FeatureLayer = featureLayer, FeatureSelection = selection };
        ModelFolder folder = new(languagePath, CheckpointLayout.Base, LlavaConfigFile.Valid(language, config))
        {
            TokenizerFolder = languagePath,
            PreprocessorFile = FindPreprocessor(visionTowerPath),
        };
        folder._tied = LlavaConfigFile.TiesHead(language);
        RefuseAdapter(visionTowerPath);
        folder.ReadCompanions(language);
        folder._warnings.AddRange(ConfigKeys.LanguageModel(language).Concat(warnings));
        folder._sources.Add(new(() => OpenWeights(languagePath), ModelPart.Language));
        folder._sources.Add(new(() => OpenWeights(visionTowerPath), ModelPart.Vision));
        return folder;
    }

    /// <summary>
    /// Streams the weights into memory that was allocated before, converting them on the way. Every parameter gets exactly one tensor; what is wrong with the files is found
    /// before the first weight changes.
    /// </summary>
    /// <param name="table">The parameters of <see cref="Config"/>, allocated.</param>
    /// <param name="device">The device that holds them.</param>
    /// <param name="progress">Receives bytes done and bytes in all after every tensor.</param>
    /// <returns>What was read, and warnings.</returns>
    /// <exception cref="InvalidDataException">A file is damaged, a tensor is missing, or a shape contradicts the configuration; the message names file, tensor and both shapes.</exception>
    /// <exception cref="FileNotFoundException">Weights or a shard of them are missing.</exception>
    public LoadReport Load(ParameterTable table, Device device, Action<long, long>? progress = null)
    {
        List<WeightSet> opened = [];
        try
        {
            WeightLoader loader = new(table, device);
            _warnings.ForEach(loader.Warn);
            foreach (Source source in _sources)
            {
                WeightSet set = source.Open();
                opened.Add(set);
                loader.Add(set, source.Parts);
            }

            return loader.Load(Path, Config, _tied, progress);
        }
        finally
        {
            opened.ForEach(static set => set.Dispose());
        }
    }

    /// <summary>Reads how pictures are made ready for the vision tower: <see cref="PreprocessorFile"/> and <see cref="ImageAspectRatio"/>.</summary>
    /// <returns>The options.</returns>
    /// <exception cref="InvalidDataException">The file is broken, or its pictures have another size than the vision tower's.</exception>
    /// <exception cref="FileNotFoundException">A folder in Hugging Face's layout has no such file.</exception>
    public ImageProcessorOptions ReadImageOptions()
    {
        ImageProcessorOptions options = ClipConfigFile.Pictures(Config.Vision);
        if (PreprocessorFile is not null)
        {
            ConfigSection file = ConfigSection.Open(PreprocessorFile);
            ConfigSection images = file.Section("image_processor") ?? file;
            options = ImageProcessorOptions.Read(images);
            RequireSameImages(options);
            _warnings.AddRange(ConfigKeys.OfImages(images));
        }
        else if (Layout == CheckpointLayout.HuggingFace)
        {
            throw new FileNotFoundException($"{Path} holds no preprocessor_config.json, which says how images are resized and normalised; copy the one of the model.");
        }

        return options.CropSize == Config.Vision.ImageSize
            ? options with { Aspect = ImageAspectRatio == "pad" ? ImageAspect.Pad : ImageAspect.Square }
            : throw new InvalidDataException($"{PreprocessorFile}: crop_size is {options.CropSize}, but the vision tower sees pictures of {Config.Vision.ImageSize}.");
    }

    // A folder may say it in both places; transformers reads one of them, depending on its version.
    private void RequireSameImages(ImageProcessorOptions options)
    {
        string inside = System.IO.Path.Combine(Path, "processor_config.json");
        if (PreprocessorFile == System.IO.Path.Combine(Path, "preprocessor_config.json") && File.Exists(inside)
            && ConfigSection.Open(inside).Section("image_processor") is { } other && ImageProcessorOptions.Read(other) != options)
        {
            throw new InvalidDataException($"{inside}: image_processor says something else than preprocessor_config.json; take one of them away.");
        }
    }

    internal static ConfigSection OpenConfig(string folder)
    {
        string file = System.IO.Path.Combine(folder, "config.json");
        return !Directory.Exists(folder) ? throw new DirectoryNotFoundException($"{folder}: there is no such folder.")
            : !File.Exists(file) ? throw new FileNotFoundException($"{folder} holds no config.json; expected the folder of a model.")
            : ConfigSection.Open(file);
    }

    internal static WeightSet OpenWeights(string folder) =>
        WeightSet.TryOpen(folder) ?? throw new FileNotFoundException($"{folder} holds no weights; expected model.safetensors or pytorch_model.bin, whole or in shards with an index.");

    private static ModelFolder OpenHuggingFace(string path, ConfigSection config)
    {
        string? preprocessor = FindPreprocessor(path);
        ModelFolder folder = new(path, CheckpointLayout.HuggingFace, LlavaConfigFile.ReadHuggingFace(config))
        {
            ImageAspectRatio = AspectRatio(config, preprocessor),
            TokenizerFolder = path,
            PreprocessorFile = preprocessor,
        };
        folder._tied = LlavaConfigFile.TiesHead(config);
        folder._warnings.AddRange(ConfigKeys.HuggingFace(config));
        folder.ReadCompanions(config);
        folder._sources.Add(new(() => OpenWeights(path), ModelPart.Vision, ModelPart.Projector, ModelPart.Language));
        return folder;
    }

    // Version 5 of Hugging Face's library puts the picture settings inside processor_config.json.
    private static string? FindPreprocessor(string folder)
    {
        string alone = System.IO.Path.Combine(folder, "preprocessor_config.json"), inside = System.IO.Path.Combine(folder, "processor_config.json");
        return File.Exists(alone) ? alone : File.Exists(inside) && ConfigSection.Open(inside).Has("image_processor") ? inside : null;
    }

    private static string AspectRatio(ConfigSection config, string? preprocessor)
    {
        ConfigSection file = preprocessor is null ? ConfigSection.Empty : ConfigSection.Open(preprocessor);
        ConfigSection images = file.Section("image_processor") ?? file;
        if (!images.Has("do_pad"))
        {
            return LlavaConfigFile.ImageAspectRatio(config);
        }

        string padded = images.Flag("do_pad", false) ? "pad" : "square";
        return LlavaConfigFile.ImageAspectRatio(config, padded) is var said && said == padded ? said : throw config.Wrong("image_aspect_ratio", $"{padded}, as do_pad in {preprocessor} says");
    }

    private sealed class Source(Func<WeightSet> open, params ModelPart[] parts)
    {
        internal Func<WeightSet> Open { get; } = open;

        internal ModelPart[] Parts { get; } = parts;

        internal Source Without(ModelPart part) => new(Open, [.. Parts.Where(other => other != part)]);
    }
}
