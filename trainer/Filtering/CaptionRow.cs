using System.Text.Json;

namespace LlavaCuda.Trainer.Filtering;

/// <summary>A caption and its image.</summary>
/// <param name="Caption">The caption.</param>
/// <param name="Image">The image's path; null where <paramref name="Json"/> has it.</param>
/// <param name="Json">The whole sample, where the file has samples; else null.</param>
internal readonly record struct CaptionRow(string Caption, string? Image, string? Json)
{
    private static readonly string[] TurnKeys = ["conversations", "messages"];

    /// <summary>Gets the id; null where the file has none.</summary>
    internal string? Id { get; init; }

    /// <summary>Reads a sample of LLaVA's format, or an object with <c>caption</c>.</summary>
    /// <param name="json">The sample.</param>
    /// <param name="key">The key of the caption, where there are no conversations.</param>
    /// <returns>Null where it has no caption.</returns>
    internal static CaptionRow? Parse(string json, string key)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (string turns in TurnKeys)
        {
            if (root.TryGetProperty(turns, out JsonElement list) && list.ValueKind == JsonValueKind.Array)
            {
                // The model's last turn: of a caption's sample the only one.
                string? last = list.EnumerateArray().Where(static turn => IsOf(turn, "from", "gpt") || IsOf(turn, "role", "assistant"))
                    .Select(static turn => Text(turn, "value") ?? Text(turn, "content")).LastOrDefault();
                return last is null ? null : new CaptionRow(last, null, json);
            }
        }

        return Text(root, key) is not { } caption || Text(root, "image") is not { } image ? null
            : new CaptionRow(caption, image, null) { Id = Identity(root) };
    }

    private static string? Identity(JsonElement root) => Text(root, "id")
        ?? (root.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.Number ? id.GetRawText() : null);

    private static bool IsOf(JsonElement turn, string key, string value) => Text(turn, key) == value;

    private static string? Text(JsonElement element, string key) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(key, out JsonElement value)
        && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
