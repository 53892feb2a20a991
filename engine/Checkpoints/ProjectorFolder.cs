using LlavaCuda.Devices;
using LlavaCuda.Formats;
using LlavaCuda.Models;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// Folders with a projector alone, the result of the first stage of training: <c>config.json</c> in the original's keys and
/// <c>mm_projector.bin</c>, which the original
/// LLaVA reads, beside the same weights as <c>mm_projector.safetensors</c>. <see cref="ModelFolder.Open"/> opens such a folder together
/// with its language model.
/// </summary>
public static class ProjectorFolder
{
    /// <summary>Saves the projector. The folder changes whole or not at all.</summary>
    /// <param name="folder">The folder, made or replaced.</param>
    /// <param name="table">The weights.</param>
    /// <param name="device">The device that holds them.</param>
    /// <param name="config">The whole model.</param>
    /// <param name="options">What else, and how; null for the defaults.</param>
    /// <exception cref="IOException">Writing failed; what was in the folder before is still there.</exception>
    public static void Save(string folder, ParameterTable table, Device device, LlavaConfig config, SaveOptions? options = null)
    {
        SaveOptions how = options ?? new SaveOptions();
        List<TensorSource> tensors =
        [
            .. table.All.Where(static p => p.Part == ModelPart.Projector)
                .Select(p => TensorSource.FromDevice(CheckpointNames.ToOriginal(p.Name, config.Projector), device, p.Value)),
        ];
        how.Write(folder, files =>
        {
            ConfigWriter.Write(files, "config.json", json => ConfigWriter.Original(json, config, how, holdsTower: false));
            SavedParts.Write(files, config, how, how.Tokenizer);
            files.WriteFile("mm_projector.safetensors", stream => SafetensorsWriter.Write(stream, tensors, how.Type, null));
            files.WriteFile("mm_projector.bin", stream => TorchWriter.Write(stream, "mm_projector", tensors, how.Type));
        });
    }

    /// <summary>
    /// Reads a projector over the one of a model in memory, from a folder with a projector alone or from one with a whole model.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="table">The weights.</param>
    /// <param name="device">The device that holds them.</param>
    /// <returns>What was read, and warnings.</returns>
    /// <exception cref="InvalidDataException">The projector is of another kind or size; the message names both shapes.</exception>
    /// <exception cref="FileNotFoundException">There is no projector.</exception>
    public static LoadReport Load(string folder, ParameterTable table, Device device)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{folder}: there is no such folder.");
        }

        ModelFolder.RefuseAdapter(folder);
        using WeightSet set = OpenWeights(folder);
        WeightLoader loader = new(table, device);
        loader.Add(set, ModelPart.Projector);
        return loader.Load(folder, config: null, tied: false, progress: null);
    }

    internal static WeightSet OpenWeights(string folder) => WeightSet.TryOpenProjector(folder) ?? WeightSet.TryOpen(folder)
        ?? throw new FileNotFoundException($"{folder} holds neither a projector (mm_projector.safetensors or mm_projector.bin) nor a model.");

    /// <summary>Refuses a projector that was trained for other features than a model's; its widths are seen when its weights are read.</summary>
    internal static void RequireFits(string folder, LlavaConfig model)
    {
        // The original's file may lie alone.
        if (Directory.Exists(folder) && !File.Exists(Path.Combine(folder, "config.json")))
        {
            return;
        }

        ConfigSection c = ModelFolder.OpenConfig(folder);
        bool original = LlavaConfigFile.Layout(c) == CheckpointLayout.Original;
        string layerKey = original ? "mm_vision_select_layer" : "vision_feature_layer", featureKey = original ? "mm_vision_select_feature" : "vision_feature_select_strategy";
        ProjectorConfig kind = original ? LlavaConfigFile.Projector(c) : ProjectorConfig.Mlp2;
        if (kind != model.Projector)
        {
            throw c.Wrong("mm_projector_type", $"{model.Projector}, as the model has");
        }

        int layer = c.OptionalIntegers(layerKey) is [var only] ? only : -2;
        if ((layer < 0 ? model.Vision.Layers + 1 + layer : layer) != model.VisionBlocks)
        {
            throw c.Wrong(layerKey, $"{model.FeatureLayer}, as the model has");
        }

        bool withClass = c.Text(featureKey, "default") is "full" or "cls_patch";
        if (withClass != (model.FeatureSelection == FeatureSelection.ClsPatch))
        {
            throw c.Wrong(featureKey, $"what the model has: {(model.FeatureSelection == FeatureSelection.ClsPatch ? "the class token's row and the patches" : "the patches alone")}");
        }
    }
}
