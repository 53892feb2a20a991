using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Filtering;

/// <summary>A file of phrases that another program found, such as spaCy: a list of texts for each caption, a line each.</summary>
internal static class PhraseFile
{
    /// <summary>Reads the lists.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">A line is no list of texts; file and line are named.</exception>
    internal static IEnumerable<List<string>> Read(string path)
    {
        using StreamReader reader = new(RegularFile.OpenRead(path));
        for (long line = 1; reader.ReadLine() is { } text; line++)
        {
            if (!string.IsNullOrWhiteSpace(text))
            {
                yield return Parse(text)
                    ?? throw new InvalidDataException($"{path}: line {line} is no list of texts, such as [\"a dog\", \"the beach\"].");
            }
        }
    }

    private static List<string>? Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            return root.ValueKind == JsonValueKind.Array && root.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String)
                ? [.. root.EnumerateArray().Select(static item => item.GetString()!)]
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
