using LlavaCuda.Formats;
using LlavaCuda.Models;

namespace LlavaCuda.Checkpoints;

/// <summary>The original layout: the vision tower lies in a second folder, and a projector may lie without its language model.</summary>
public sealed partial class ModelFolder
{
    private static ModelFolder OpenOriginal(string path, ConfigSection config, string? visionTowerPath, string? languagePath)
    {
        bool projectorOnly = CheckProjectorOnly(path, languagePath);
        string towerName = config.Text("mm_vision_tower", config.Text("vision_tower", string.Empty));
        string? tower = FindTower(path, towerName, visionTowerPath);

        // As in the original, the tower's own folder wins, unless the tower was trained along or there is no such folder.
        bool trained = config.Flag("unfreeze_mm_vision_tower", false);
        bool inFile = !projectorOnly && (trained || tower is null) && HoldsVision(path);
        if (!inFile && tower is null)
        {
            throw config.Wrong("mm_vision_tower", "a folder with a CLIP; give the path of the vision tower, as the model's own files hold none");
        }

        LlavaConfig llava = LlavaConfigFile.ReadOriginal(config, ReadTower(config, towerName, tower, inFile, out IEnumerable<string> towerWarnings));
        string language = languagePath ?? path;
        ModelFolder folder = new(path, CheckpointLayout.Original, llava)
        {
            ImageAspectRatio = LlavaConfigFile.ImageAspectRatio(config),
            TokenizerFolder = HoldsTokenizer(path) ? path : language,
            PreprocessorFile = (inFile ? FindPreprocessor(path) : null) ?? (tower is null ? null : FindPreprocessor(tower)) ?? FindPreprocessor(path),
        };
        folder._tied = LlavaConfigFile.TiesHead(config);
        folder._warnings.AddRange(ConfigKeys.OriginalLlava(config).Concat(towerWarnings));
        folder.ReadCompanions(config);
        RefuseAdapter(language);
        if (projectorOnly)
        {
            RequireSameLanguage(path, llava.Text, language);
            folder._sources.Add(new(() => WeightSet.TryOpenProjector(path)!, ModelPart.Projector));
            folder._sources.Add(new(() => OpenWeights(language), ModelPart.Language));
        }
        else
        {
            folder._sources.Add(new(() => OpenWeights(path), inFile ? [ModelPart.Vision, ModelPart.Projector, ModelPart.Language] : [ModelPart.Projector, ModelPart.Language]));
        }

        if (!inFile)
        {
            folder._sources.Add(new(() => OpenWeights(tower!), ModelPart.Vision));
            if (trained)
            {
                folder._warnings.Add($"{path}: the vision tower was trained along (unfreeze_mm_vision_tower), but the files hold none; the one in {tower} is used.");
            }
        }

        return folder;
    }

    private static bool CheckProjectorOnly(string path, string? languagePath)
    {
        using WeightSet? whole = WeightSet.TryOpen(path);
        if (whole is not null)
        {
            return languagePath is null ? false : throw new ArgumentException($"{path} holds its own language model; no second one can be given.");
        }

        using WeightSet? projector = WeightSet.TryOpenProjector(path);
        return projector is null ? throw new FileNotFoundException($"{path} holds neither weights nor a projector.")
            : languagePath is not null ? true
            : throw new FileNotFoundException($"{path} holds only a projector; give the folder of its language model, too.");
    }

    private static string? FindTower(string path, string name, string? given)
    {
        if (given is not null)
        {
            OpenConfig(given);
            return given;
        }

        string folder = System.IO.Path.Combine(path, name);
        return name.Length > 0 && File.Exists(System.IO.Path.Combine(folder, "config.json")) ? System.IO.Path.GetFullPath(folder) : null;
    }

    private static VisionConfig ReadTower(ConfigSection config, string name, string? folder, bool inFile, out IEnumerable<string> warnings)
    {
        if (inFile && config.Section("vision_config") is { } own)
        {
            VisionConfig vision = ClipConfigFile.Read(own);
            warnings = ConfigKeys.VisionTower(own);
            return vision;
        }

        warnings = [];
        return folder is not null ? ClipConfigFile.ReadFolder(folder, out warnings)
            : ClipConfigFile.ByHubName(name) ?? throw config.Wrong("mm_vision_tower", "a folder with a CLIP, whose configuration is needed; give the path of the vision tower");
    }

    private static bool HoldsVision(string path)
    {
        using WeightSet set = OpenWeights(path);
        return set.Tensors.Any(static tensor => CheckpointNames.TryToEngineName(tensor.Name, out string? name) && name.StartsWith("vision.", StringComparison.Ordinal));
    }

    private static bool HoldsTokenizer(string path) =>
        File.Exists(System.IO.Path.Combine(path, "tokenizer.model")) || File.Exists(System.IO.Path.Combine(path, "tokenizer.json"));

    // A projector between other models than it was trained for gives answers, but wrong ones.
    private static void RequireSameLanguage(string path, TextConfig expected, string languagePath)
    {
        ConfigSection language = OpenConfig(languagePath);
        language.Require("model_type", string.Empty, "llama");
        TextConfig found = LlamaConfigFile.Read(language);
        if (found with { PadTokenId = null, MaxPositions = 1 } != expected with { PadTokenId = null, MaxPositions = 1 })
        {
            throw new InvalidDataException($"{language.Path} describes another language model than {System.IO.Path.Combine(path, "config.json")}, which the projector was trained for.");
        }
    }
}
