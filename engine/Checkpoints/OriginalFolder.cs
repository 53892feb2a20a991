using LlavaCuda.Devices;
using LlavaCuda.Models;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// Saves models in the original LLaVA's layout, which has every kind of projector. The vision tower is saved along, under the names that it
/// has in checkpoints of a trained
/// tower, with <c>unfreeze_mm_vision_tower</c> set and its extents in <c>vision_config</c>: <see cref="ModelFolder.Open"/> needs no second
/// folder. The original program still
/// fetches the tower that <c>mm_vision_tower</c> names before it loads these weights over it.
/// </summary>
public static class OriginalFolder
{
    /// <summary>Saves a whole model: configuration, weights, tokenizer, picture settings. The folder changes whole or not at all.</summary>
    /// <param name="folder">The folder, made or replaced.</param>
    /// <param name="table">The weights.</param>
    /// <param name="device">The device that holds them.</param>
    /// <param name="config">The model.</param>
    /// <param name="options">What else, and how; null for the defaults.</param>
    /// <exception cref="IOException">Writing failed; what was in the folder before is still there.</exception>
    public static void Save(string folder, ParameterTable table, Device device, LlavaConfig config, SaveOptions? options = null)
    {
        SaveOptions how = options ?? new SaveOptions();
        how.Write(folder, files =>
        {
            ConfigWriter.Write(files, "config.json", json => ConfigWriter.Original(json, config, how, holdsTower: true));
            ConfigWriter.Write(files, "generation_config.json", json => ConfigWriter.Generation(json, config.Text, config.Text.PadTokenId));
            SavedParts.Write(files, config, how, how.Tokenizer);
            List<TensorSource> tensors = [.. table.All.Select(p => TensorSource.FromDevice(CheckpointNames.ToOriginal(p.Name, config.Projector), device, p.Value))];
            SafetensorsWriter.WriteSharded(files, tensors, how.Type, how.MaxShardBytes);
        });
    }
}
