using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LlavaCuda.Bench.Gpu;

/// <summary>How the parts of a GPU run hand their figures on.</summary>
internal static class GpuJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Writes a value beside its place and renames it: a reader sees all of it or the one before.</summary>
    internal static void Write<T>(string path, T value)
    {
        string beside = path + ".new";
        File.WriteAllText(beside, JsonSerializer.Serialize(value, Options) + "\n");
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>Reads what a part wrote.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="notes">Told of a file that is none of its kind: a part that went wrong while it wrote must not cost the report.</param>
    /// <returns>The value, or the default when the part did not get that far.</returns>
    internal static T? Read<T>(string path, List<string> notes)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Options) : default;
        }
        catch (Exception error) when (error is JsonException or IOException)
        {
            notes.Add($"{Path.GetFileName(path)} is left out: {error.Message}");
            return default;
        }
    }
}
