using System.Text.Json;
using System.Text.Json.Serialization;
using LlavaCuda.Formats;
using LlavaCuda.Text;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// What a model folder's other files have no place for: the conversation template that the weights were trained with and how pictures were made square. Other programs ignore the file.
/// </summary>
public sealed record ModelManifest
{
    /// <summary>Name of the file in a model folder.</summary>
    public const string FileName = "llava_manifest.json";

    /// <summary>Gets the name of the conversation template, or null where training had none.</summary>
    [JsonPropertyName("template")]
    public string? Template { get; init; }

    /// <summary>Gets <c>square</c> or <c>pad</c>.</summary>
    [JsonPropertyName("image_aspect")]
    public string? ImageAspect { get; init; }

    /// <summary>Reads a folder's manifest.</summary>
    /// <param name="folder">The model folder.</param>
    /// <returns>The manifest, or null where there is none.</returns>
    /// <exception cref="InvalidDataException">The file is not what it should be.</exception>
    public static ModelManifest? TryRead(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!Path.Exists(path))
        {
            return null;
        }

        return Read(ConfigSection.Open(path));
    }

    /// <summary>Reads an opened manifest.</summary>
    internal static ModelManifest Read(ConfigSection file)
    {
        ModelManifest manifest = new() { Template = file.OptionalText("template"), ImageAspect = file.OptionalText("image_aspect") };
        if (manifest.Template is { } name && ConversationTemplates.All.All(template => template.Name != name))
        {
            throw file.Wrong("template", $"one of {string.Join(", ", ConversationTemplates.All.Select(static template => template.Name))}");
        }

        return manifest.ImageAspect is null or "square" or "pad" ? manifest : throw file.Wrong("image_aspect", "square or pad");
    }

    /// <summary>Writes the manifest.</summary>
    /// <param name="folder">The model folder.</param>
    public void Write(string folder) =>
        File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, ManifestJson.Default.ModelManifest));
}

/// <summary>Reads and writes the manifest without reflection, so that a trimmed program can.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
