using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>A question of POPE with its truth and what was answered.</summary>
/// <param name="Category"><c>random</c>, <c>popular</c> or <c>adversarial</c>.</param>
/// <param name="Label">Whether the object is there.</param>
/// <param name="Text">The answer, or null.</param>
internal sealed record PopeRow(string Category, bool Label, string? Text);

/// <summary>A question of POPE with its truth.</summary>
/// <param name="Asked">What is asked.</param>
/// <param name="Category"><c>random</c>, <c>popular</c> or <c>adversarial</c>.</param>
/// <param name="Label">Whether the object is there.</param>
internal sealed record PopeQuestion(AskedQuestion Asked, string Category, bool Label);

/// <summary>Joins POPE's files: labels and questions by category and position, checked by image and text; answers by the question's
/// id.</summary>
internal static class PopeFiles
{
    private const string ShortSentence = "Answer the question using a single word or phrase.";
    private static readonly string[] Categories = ["random", "popular", "adversarial"];

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
        foreach (PopeQuestion question in ReadQuestions(annotations, questions))
        {
            string id = question.Asked.Id.Trim('"');
            rows.Add(new PopeRow(question.Category, question.Label, texts.GetValueOrDefault(id)));
            texts.Remove(id);
        }

        return texts.Count == 0 ? rows
            : throw new InvalidDataException($"{answers} answers question {texts.Keys.First()}, which {questions} does not have.");
    }

    /// <summary>Reads the questions with their labels.</summary>
    /// <param name="annotations">The folder of <c>coco_pope_CATEGORY.json</c>.</param>
    /// <param name="questions">The questions; null to make them from the annotations, as LLaVA-1.5 asks them.</param>
    /// <exception cref="InvalidDataException">A row is wrong, or the files disagree; the message names file and line.</exception>
    internal static List<PopeQuestion> ReadQuestions(string annotations, string? questions)
    {
        if (questions is null)
        {
            return [.. Categories.SelectMany(category => JsonLines.Read(FileOf(annotations, category)).Select(
                row => new PopeQuestion(Made(category, row.Row), category, LabelOf(row.Row))))];
        }

        List<PopeQuestion> read = [];
        IEnumerable<IGrouping<string, ConfigSection>> categories = JsonLines.Read(questions).Select(static r => r.Row)
            .GroupBy(static row => row.OptionalText("category") ?? throw row.Wrong("category", "a string"));
        foreach (IGrouping<string, ConfigSection> category in categories)
        {
            string file = FileOf(annotations, category.Key);
            ConfigSection[] labels = [.. JsonLines.Read(file).Select(static r => r.Row)];
            ConfigSection[] asked = [.. category];
            if (labels.Length != asked.Length)
            {
                throw new InvalidDataException(
                    $"{file} has {labels.Length} labels and {questions} {asked.Length} questions of this category.");
            }

            foreach ((ConfigSection question, ConfigSection label) in asked.Zip(labels))
            {
                string? image = question.OptionalText("image");
                string text = TextOf(question);
                bool same = image == label.OptionalText("image")
                    && text.StartsWith(label.OptionalText("text") ?? string.Empty, StringComparison.Ordinal);
                string id = question.Kind("question_id") is JsonValueKind.Number or JsonValueKind.String ? question.RawText("question_id")!
                    : throw question.Wrong("question_id", "the id of a question");
                read.Add(same ? new PopeQuestion(new AskedQuestion(id, text, image, text), category.Key, LabelOf(label))
                    : throw question.Wrong("text", $"the question and image at the same place of {file}"));
            }
        }

        return read;
    }

    /// <summary>Gets a row's question, a number or a text.</summary>
    internal static string IdOf(ConfigSection row) =>
        row.Kind("question_id") is JsonValueKind.Number or JsonValueKind.String ? row.RawText("question_id")!.Trim('"')
            : throw row.Wrong("question_id", "the id of a question");

    /// <summary>Gets a row's text.</summary>
    internal static string TextOf(ConfigSection row) => row.OptionalText("text") ?? throw row.Wrong("text", "a string");

    private static string FileOf(string annotations, string category) => Path.Combine(annotations, $"coco_pope_{category}.json");

    private static bool LabelOf(ConfigSection row) => row.OptionalText("label") switch
    {
        "yes" => true,
        "no" => false,
        _ => throw row.Wrong("label", "yes or no"),
    };

    // The three files number their questions alike.
    private static AskedQuestion Made(string category, ConfigSection row)
    {
        string text = $"{TextOf(row)}\n{ShortSentence}";
        return new AskedQuestion($"\"{category} {IdOf(row)}\"", text, row.OptionalText("image") ?? throw row.Wrong("image", "a file name"), text);
    }
}
