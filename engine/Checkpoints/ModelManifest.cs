using System.Text.Json;
using System.Text.Json.Serialization;

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
        string file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), ManifestJson.Default.ModelManifest);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{file}: {error.Message}");
        }
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
