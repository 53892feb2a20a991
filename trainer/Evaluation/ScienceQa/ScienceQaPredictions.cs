using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>What a model answered.</summary>
/// <param name="Text">The answer.</param>
/// <param name="Prompt">The question as it was asked, with <c>&lt;image&gt;</c> where an image was shown; null where the file has
/// none.</param>
internal readonly record struct Prediction(string Text, string? Prompt);

/// <summary>Reads answers by the id of their question.</summary>
internal static class ScienceQaPredictions
{
    private const long LongestFile = 1L << 30;

    /// <summary>Reads JSON Lines with <c>question_id</c>, <c>text</c> and perhaps <c>prompt</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="original">Whether the last of several rows of a question counts and ids that are numbers match nothing, as in the
    /// original; else the first is an error, and the second are ids too.</param>
    /// <exception cref="InvalidDataException">A row is wrong; the message names file and line.</exception>
    internal static Dictionary<string, Prediction> Read(string path, bool original)
    {
        Dictionary<string, Prediction> predictions = new(StringComparer.Ordinal);
        foreach ((long line, ConfigSection row) in JsonLines.Read(path))
        {
            const string Id = "question_id";
            bool isNumber = row.Kind(Id) == JsonValueKind.Number;
            string id = isNumber ? row.OptionalLong(Id)!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)
                : row.OptionalText(Id) ?? throw row.Wrong(Id, "the id of a question");
            Prediction prediction = new(row.OptionalText("text") ?? throw row.Wrong("text", "a string"), row.OptionalText("prompt"));
            if (original)
            {
                _ = isNumber || (predictions[id] = prediction) == prediction;
            }
            else if (!predictions.TryAdd(id, prediction))
            {
                throw new InvalidDataException($"{path}: line {line}: question {Quoted.Name(id)} is answered twice.");
            }
        }

        return predictions;
    }

    /// <summary>Reads a result file of the original: an object whose <c>outputs</c> holds the answers by id.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is none; the message names file and key.</exception>
    internal static Dictionary<string, Prediction> ReadOutputs(string path)
    {
        ConfigSection file = ConfigSection.Open(path, LongestFile);
        ConfigSection outputs = file.Section("outputs", "an object of answers by question id")
            ?? throw file.Wrong("outputs", "an object of answers by question id");
        return outputs.Entries.ToDictionary(
            static entry => entry.Key,
            entry => new Prediction(
                entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : throw outputs.Wrong(entry.Key, "a text"), null),
            StringComparer.Ordinal);
    }

    /// <summary>Reads either kind: JSON Lines where the name ends so, else a result file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="original">As for <see cref="Read(string, bool)"/>.</param>
    internal static Dictionary<string, Prediction> ReadAny(string path, bool original) =>
        path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) ? Read(path, original) : ReadOutputs(path);
}
