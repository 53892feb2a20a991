using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// What a model's tokens cost, from a file such as <c>{"gpt-4o": {"prompt": 2.5, "answer": 10, "batch": 0.5}}</c>: money for a million
/// tokens of each kind, in any currency, and the share of it that is billed for a batch (0.5 where it is not given). Prices change; none
/// are built in.
/// </summary>
/// <param name="Prompt">For a million tokens of requests.</param>
/// <param name="Answer">For a million tokens of answers.</param>
/// <param name="Batch">The share of both that a batch costs.</param>
internal sealed record CallPrice(double Prompt, double Answer, double Batch)
{
    private const double Million = 1e6;
    private const double UsualBatch = 0.5;

    /// <summary>Reads the price of a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model.</param>
    /// <returns>The price.</returns>
    /// <exception cref="InvalidDataException">The file has no price for the model, or one that is no number from 0 on.</exception>
    internal static CallPrice Read(string path, string model)
    {
        ConfigSection file = ConfigSection.Open(path);
        (string Key, JsonElement Value) found = file.Entries.FirstOrDefault(entry => entry.Key == model);
        if (found.Key is null || found.Value.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException(
                $"{path}: no price for '{model}'; expected \"{model}\": {{\"prompt\": 2.5, \"answer\": 10}} for a million tokens of each.");
        }

        return new CallPrice(Number("prompt", null), Number("answer", null), Number("batch", UsualBatch));

        double Number(string key, double? fallback) =>
            !found.Value.TryGetProperty(key, out JsonElement value) && fallback is { } known ? known
            : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) && number >= 0
                ? number
            : throw new InvalidDataException($"{path}: {key} of '{model}' is {Shown(value)}; expected a number from 0 on.");
    }

    private static string Shown(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? "missing" : value.GetRawText();

    /// <summary>Computes what tokens cost.</summary>
    /// <param name="usage">The tokens.</param>
    /// <returns>The money.</returns>
    internal double Of(CallUsage usage)
    {
        double batch = Batch * ((usage.BatchPrompt * Prompt) + (usage.BatchAnswer * Answer));
        return ((usage.Prompt * Prompt) + (usage.Answer * Answer) + batch) / Million;
    }
}
