using System.Globalization;
using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>Reads the published files of VQAv2, GQA, VizWiz and TextVQA, and asks as LLaVA-1.5 does.</summary>
internal static class VqaFiles
{
    private const string Unanswerable = "When the provided information is insufficient, respond with 'Unanswerable'.";
    private static readonly string[] Labelled = ["train2014", "val2014"];
    private const string Question = "question", QuestionId = "question_id", ImageId = "image_id", Answers = "answers";

    /// <summary>Reads VQAv2.</summary>
    /// <param name="questions"><c>v2_OpenEnded_mscoco_*_questions.json</c>.</param>
    /// <param name="annotations"><c>v2_mscoco_*_annotations.json</c>, or null.</param>
    /// <exception cref="InvalidDataException">A record is wrong; file and line are named.</exception>
    internal static List<ShortQuestion> Vqa2(string questions, string? annotations)
    {
        string images = $"COCO_{SplitOf(questions)}_";
        Dictionary<string, (string[] Answers, string Type)> truth = new(StringComparer.Ordinal);
        if (annotations is not null)
        {
            foreach ((_, ConfigSection row) in JsonRecords.Read(annotations, "annotations"))
            {
                bool isNew = truth.TryAdd(IdOf(row, QuestionId), (AnswerTexts(row), row.OptionalText("answer_type") ?? "other"));
                _ = isNew ? 0 : throw row.Wrong(QuestionId, "a question that is not annotated before");
            }
        }

        List<ShortQuestion> read = [];
        foreach ((_, ConfigSection row) in JsonRecords.Read(questions, "questions"))
        {
            string id = IdOf(row, QuestionId);
            bool isAnnotated = truth.TryGetValue(id, out (string[] Answers, string Type) of);
            string image = images + Number(row, ImageId).ToString("D12", CultureInfo.InvariantCulture) + ".jpg";
            read.Add(annotations is not null && !isAnnotated ? throw row.Wrong(QuestionId, $"a question of {annotations}")
                : new ShortQuestion(id, Short(Text(row, Question)), image, isAnnotated ? [of.Type] : [], of.Answers ?? []));
        }

        return read;
    }

    /// <summary>Reads GQA: <c>testdev_balanced_questions.json</c> and others of its kind.</summary>
    /// <param name="questions">The file.</param>
    /// <exception cref="InvalidDataException">A record is wrong; file and line are named.</exception>
    internal static List<ShortQuestion> Gqa(string questions) =>
        [.. JsonRecords.Read(questions).Select(static record =>
        {
            ConfigSection row = record.Row;
            string structural = row.Section("types")?.OptionalText("structural") ?? string.Empty;
            string[] groups = structural.Length == 0 ? [] : [structural == "query" ? "open" : "binary", structural];
            string[] answers = row.OptionalText("answer") is { } answer ? [answer] : [];
            return new ShortQuestion(
                $"\"{JsonEncodedText.Encode(record.Key)}\"", Short(Text(row, Question)), Text(row, "imageId") + ".jpg", groups, answers);
        })];

    /// <summary>What is compared, and handed in, of an answer to GQA.</summary>
    internal static string GqaAnswer(string text) => text.TrimEnd('.').ToLowerInvariant();

    /// <summary>Reads VizWiz: <c>val.json</c> with answers or <c>test.json</c> without.</summary>
    /// <param name="questions">The file.</param>
    /// <exception cref="InvalidDataException">A record is wrong; file and line are named.</exception>
    internal static List<ShortQuestion> VizWiz(string questions) =>
        [.. JsonRecords.Read(questions).Select(static record =>
        {
            ConfigSection row = record.Row;
            string image = Text(row, "image");
            string[] groups = row.OptionalText("answer_type") is { } type ? [type] : [];
            return new ShortQuestion(
                $"\"{JsonEncodedText.Encode(image)}\"",
                $"{Text(row, Question)}\n{Unanswerable}\n{ShortQuestion.ShortSentence}",
                image,
                groups,
                row.Has(Answers) ? AnswerTexts(row) : []);
        })];

    /// <summary>Reads MM-Vet: <c>mm-vet.json</c>, whose answers a judge compares.</summary>
    /// <param name="questions">The file.</param>
    /// <exception cref="InvalidDataException">A record is wrong; file and line are named.</exception>
    internal static List<ShortQuestion> MmVet(string questions) =>
        [.. JsonRecords.Read(questions).Select(static record => new ShortQuestion(
            $"\"{JsonEncodedText.Encode(record.Key.StartsWith("v1_", StringComparison.Ordinal) ? record.Key[3..] : record.Key)}\"",
            Text(record.Row, Question),
            Text(record.Row, "imagename"),
            record.Row.OptionalTexts("capability") ?? [],
            []))];

    /// <summary>Reads TextVQA: <c>TextVQA_0.5.1_val.json</c>.</summary>
    /// <param name="annotations">The file.</param>
    /// <param name="asked">LLaVA's <c>llava_textvqa_val_v051_ocr.jsonl</c>, whose questions list an OCR's tokens; null for none.</param>
    /// <exception cref="InvalidDataException">A record is wrong; file and line are named.</exception>
    internal static List<ShortQuestion> TextVqa(string annotations, string? asked)
    {
        Dictionary<(string Image, string Question), string>? texts = null;
        if (asked is not null)
        {
            texts = [];
            foreach ((_, ConfigSection row) in JsonLines.Read(asked))
            {
                string text = Text(row, "text");
                texts[(Text(row, QuestionId), TextVqaQuestion(text) ?? throw row.Wrong("text", "a question in LLaVA's form"))] = text;
            }
        }

        return
        [
            .. JsonRecords.Read(annotations, "data").Select(record =>
            {
                ConfigSection row = record.Row;
                (string image, string question) = (Text(row, ImageId), Text(row, Question));
                string text = texts is null ? Short(question)
                    : texts.GetValueOrDefault((image, question.ToLowerInvariant())) ?? throw row.Wrong(Question, $"a question of {asked}");
                return new ShortQuestion(IdOf(row, QuestionId), text, image + ".jpg", [], row.OptionalTexts(Answers) ?? []);
            }),
        ];
    }

    /// <summary>Finds the question in what was asked, in lower case, as TextVQA's scorer in LLaVA does; null where there is none.</summary>
    internal static string? TextVqaQuestion(string prompt)
    {
        const string Begin = "Question: ", End = " Short answer:";
        string[] lines = prompt.Split('\n');
        if (prompt.StartsWith("OCR tokens: ", StringComparison.Ordinal))
        {
            int at = prompt.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
            int end = at < Begin.Length ? -1 : prompt.IndexOf(End, at, StringComparison.Ordinal);
            return end < 0 ? null : prompt[at..end].ToLowerInvariant();
        }

        bool hasTokens = lines.Length == 3 && prompt.Contains("Reference OCR token: ", StringComparison.Ordinal);
        return hasTokens ? lines[prompt.StartsWith("Reference OCR token:", StringComparison.Ordinal) ? 1 : 0].ToLowerInvariant()
            : lines.Length == 2 ? lines[0].ToLowerInvariant() : null;
    }

    // In the names of the published files, as v2_OpenEnded_mscoco_test-dev2015_questions.json.
    private static string SplitOf(string questions) =>
        Labelled.FirstOrDefault(split => Path.GetFileName(questions).Contains(split, StringComparison.Ordinal)) ?? "test2015";

    private static string Short(string question) => $"{question}\n{ShortQuestion.ShortSentence}";

    private static string[] AnswerTexts(ConfigSection row) => row.OptionalSections(Answers) is { Length: > 0 } answers
        ? [.. answers.Select(static answer => Text(answer, "answer"))]
        : throw row.Wrong(Answers, "what people answered");

    private static string IdOf(ConfigSection row, string key) =>
        row.Kind(key) is JsonValueKind.Number or JsonValueKind.String ? row.RawText(key)! : throw row.Wrong(key, "the id of a question");

    private static long Number(ConfigSection row, string key) => row.OptionalLong(key) ?? throw row.Wrong(key, "a whole number");

    private static string Text(ConfigSection row, string key) => row.OptionalText(key) ?? throw row.Wrong(key, "a string");
}
