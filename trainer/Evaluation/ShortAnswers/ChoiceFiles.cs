using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>Reads the published files of SEED-Bench and Q-Bench, which ask for one of several options.</summary>
internal static class ChoiceFiles
{
    private static readonly string[] QBenchTypes = ["yes or no", "what", "how"];
    private static readonly string[] QBenchConcerns = ["distortion", "other", "distortion in context", "other in context"];

    /// <summary>Reads <c>SEED-Bench.json</c>. Videos are shown by their middle frame, as LLaVA's script cuts them out.</summary>
    /// <param name="questions">The file.</param>
    /// <exception cref="InvalidDataException">A record is wrong; file and line are named.</exception>
    internal static List<ShortQuestion> Seed(string questions)
    {
        Dictionary<int, string> types = [];
        ConfigSection names = ConfigSection.Open(questions, new FileInfo(questions).Length + 1).Section("question_type")
            ?? throw new InvalidDataException($"{questions}: question_type is missing; expected the names of the types.");
        foreach ((string name, JsonElement id) in names.Entries)
        {
            bool isNumber = id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out _);
            types[isNumber ? id.GetInt32() : throw names.Wrong(name, "a number")] = name;
        }

        return [.. JsonRecords.Read(questions, "questions").Select(record =>
        {
            ConfigSection row = record.Row;
            string kind = Text(row, "data_type");
            bool isVideo = kind == "video" ? true : kind == "image" ? false : throw row.Wrong("data_type", "image or video");
            string id = row.Kind("question_id") is JsonValueKind.Number or JsonValueKind.String ? row.RawText("question_id")!
                : throw row.Wrong("question_id", "the id of a question");

            // LLaVA's answers have numbers where ids are numbers.
            string asNumber = id.Trim('"');
            id = long.TryParse(asNumber, out _) ? asNumber : id;
            string type = row.OptionalInteger("question_type_id") is { } of && types.TryGetValue(of, out string? name) ? name
                : throw row.Wrong("question_type_id", "one of question_type");
            string[] options = [.. "abcd".Select(letter => Text(row, $"choice_{letter}"))];
            string answer = Text(row, "answer");
            string image = isVideo ? $"SEED-Bench-video-image/{asNumber}.png" : $"SEED-Bench-image/{Text(row, "data_id")}";
            return new ShortQuestion(
                id,
                $"{ShortQuestion.Lettered(Text(row, "question"), options)}\n{ShortQuestion.LetterSentence}",
                image,
                [type, kind],
                [answer is "A" or "B" or "C" or "D" ? answer : throw row.Wrong("answer", "A, B, C or D")])
            { Options = options };
        })];
    }

    /// <summary>Reads Q-Bench: <c>llvisionqa_dev.json</c>, or the test's file without answers.</summary>
    /// <param name="questions">The file.</param>
    /// <exception cref="InvalidDataException">A record is wrong; file and line are named.</exception>
    internal static List<ShortQuestion> QBench(string questions)
    {
        int number = 0;
        return [.. JsonRecords.Read(questions).Select(record =>
        {
            ConfigSection row = record.Row;
            string[] options = row.OptionalTexts("candidates") is { Length: >= 2 and <= 4 } candidates ? candidates
                : throw row.Wrong("candidates", "a list of two to four options");
            string? right = row.OptionalText("correct_ans");
            int at = right is null ? -1 : Array.IndexOf(options, right);
            string[] answers = right is null ? [] : at >= 0 ? [Letter(at)] : throw row.Wrong("correct_ans", "one of candidates");
            string[] groups = [.. Named(row, "type", QBenchTypes), .. Named(row, "concern", QBenchConcerns)];
            string text = $"{ShortQuestion.Lettered($"{Text(row, "question")}\nChoose between one of the options as follows:", options)}\n";
            return new ShortQuestion($"{number++}", text, Text(row, "img_path"), groups, answers) { Options = options };
        })];
    }

    /// <summary>Gets the letter of an option.</summary>
    internal static string Letter(int option) => ((char)('A' + option)).ToString();

    private static string Text(ConfigSection row, string key) => row.OptionalText(key) ?? throw row.Wrong(key, "a string");

    private static string[] Named(ConfigSection row, string key, string[] names) => row.OptionalInteger(key) is not { } number ? []
        : number >= 0 && number < names.Length ? [names[number]] : throw row.Wrong(key, $"a number from 0 to {names.Length - 1}");
}
