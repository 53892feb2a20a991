using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>A question of POPE with its truth and what was answered.</summary>
/// <param name="Category"><c>random</c>, <c>popular</c> or <c>adversarial</c>.</param>
/// <param name="Label">Whether the object is there.</param>
/// <param name="Text">The answer, or null.</param>
internal sealed record PopeRow(string Category, bool Label, string? Text);

/// <summary>Joins POPE's files: labels and questions by category and position, checked by image and text; answers by the question's
/// id.</summary>
internal static class PopeFiles
{
    /// <summary>Reads them.</summary>
    /// <param name="annotations">The folder of <c>coco_pope_CATEGORY.json</c>.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="answers">The answers.</param>
    /// <exception cref="InvalidDataException">A row is wrong, or the files disagree; the message names file and line.</exception>
    internal static List<PopeRow> Read(string annotations, string questions, string answers)
    {
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        foreach ((long line, ConfigSection row) in JsonLines.Read(answers))
        {
            if (!texts.TryAdd(IdOf(row), TextOf(row)))
            {
                throw new InvalidDataException($"{answers}: line {line}: question {IdOf(row)} is answered twice.");
            }
        }

        List<PopeRow> rows = [];
        IEnumerable<IGrouping<string, ConfigSection>> categories = JsonLines.Read(questions).Select(static r => r.Row)
            .GroupBy(static row => row.OptionalText("category") ?? throw row.Wrong("category", "a string"));
        foreach (IGrouping<string, ConfigSection> category in categories)
        {
            string file = Path.Combine(annotations, $"coco_pope_{category.Key}.json");
            ConfigSection[] labels = [.. JsonLines.Read(file).Select(static r => r.Row)];
            ConfigSection[] asked = [.. category];
            if (labels.Length != asked.Length)
            {
                throw new InvalidDataException(
                    $"{file} has {labels.Length} labels and {questions} {asked.Length} questions of this category.");
            }

            foreach ((ConfigSection question, ConfigSection label) in asked.Zip(labels))
            {
                bool same = question.OptionalText("image") == label.OptionalText("image")
                    && TextOf(question).StartsWith(label.OptionalText("text") ?? string.Empty, StringComparison.Ordinal);
                bool truth = label.OptionalText("label") switch
                {
                    "yes" => true,
                    "no" => false,
                    _ => throw label.Wrong("label", "yes or no"),
                };
                rows.Add(same ? new PopeRow(category.Key, truth, texts.GetValueOrDefault(IdOf(question)))
                    : throw question.Wrong("text", $"the question and image at the same place of {file}"));
                texts.Remove(IdOf(question));
            }
        }

        return texts.Count == 0 ? rows
            : throw new InvalidDataException($"{answers} answers question {texts.Keys.First()}, which {questions} does not have.");
    }

    /// <summary>Gets a row's question, a number or a text.</summary>
    internal static string IdOf(ConfigSection row) =>
        row.Kind("question_id") is JsonValueKind.Number or JsonValueKind.String ? row.RawText("question_id")!.Trim('"')
            : throw row.Wrong("question_id", "the id of a question");

    /// <summary>Gets a row's text.</summary>
    internal static string TextOf(ConfigSection row) => row.OptionalText("text") ?? throw row.Wrong("text", "a string");
}
