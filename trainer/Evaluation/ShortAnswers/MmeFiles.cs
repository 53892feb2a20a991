using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>
/// Reads MME's folder: a folder a subtask, in it images and, next to them or in <c>questions_answers_YN</c>, for each image a text file
/// with a question and its answer a line, separated by a tab.
/// </summary>
internal static class MmeFiles
{
    private const string YesNo = "Please answer yes or no.";
    private const string Images = "images", Texts = "questions_answers_YN";
    private static readonly string[] Endings = [".jpg", ".png", ".jpeg"];

    /// <summary>The subtasks of perception, of 2,000 points.</summary>
    internal static readonly IReadOnlyList<string> Perception =
        ["existence", "count", "position", "color", "posters", "celebrity", "scene", "landmark", "artwork", "OCR"];

    /// <summary>The subtasks of cognition, of 800 points.</summary>
    internal static readonly IReadOnlyList<string> Cognition =
        ["commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning"];

    /// <summary>Reads the questions, subtask by subtask; those of an image follow each other.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InvalidDataException">A file is wrong; it is named, with the line.</exception>
    internal static List<ShortQuestion> Read(string folder)
    {
        string[] tasks = [.. Perception.Concat(Cognition).Where(task => Directory.Exists(Path.Combine(folder, task)))];
        return tasks.Length > 0 ? [.. tasks.SelectMany(task => ReadTask(folder, task))]
            : throw new InvalidDataException($"{folder} has no folder of a subtask of MME, such as {Perception[0]}.");
    }

    /// <summary>What MME's scorer takes an answer for: yes or no where its first four characters hold it; null for neither.</summary>
    internal static string? Parse(string answer)
    {
        string start = answer.ToLowerInvariant();
        start = start[..Math.Min(4, start.Length)];
        return start.Contains("yes", StringComparison.Ordinal) ? "yes" : start.Contains("no", StringComparison.Ordinal) ? "no" : null;
    }

    private static IEnumerable<ShortQuestion> ReadTask(string folder, string task)
    {
        string root = Path.Combine(folder, task);
        string images = Directory.Exists(Path.Combine(root, Images)) ? $"{task}/{Images}" : task;
        string texts = Directory.Exists(Path.Combine(root, Texts)) ? Path.Combine(root, Texts) : root;
        foreach (string file in Directory.EnumerateFiles(texts, "*.txt").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            string[] places = [.. Endings.Select(ending => $"{images}/{name}{ending}")];
            string image = places.FirstOrDefault(path => File.Exists(Path.Combine(folder, path)))
                ?? throw new InvalidDataException($"{file} has no image; expected one of {string.Join(", ", places)}.");
            int line = 0;
            foreach (string text in File.ReadLines(file))
            {
                line++;
                if (text.Trim().Length == 0)
                {
                    continue;
                }

                string[] parts = text.Trim().Split('\t');
                string answer = parts[^1].ToLowerInvariant();
                if (parts.Length != 2 || answer is not ("yes" or "no"))
                {
                    throw new InvalidDataException(
                        $"{file}: line {line}: expected a question, a tab and Yes or No; found {Quoted.Line(text)}.");
                }

                string question = parts[0].Replace(YesNo, string.Empty, StringComparison.Ordinal).Trim();
                string id = $"\"{JsonEncodedText.Encode($"{task}/{name} {line}")}\"";
                yield return new ShortQuestion(id, $"{question}\n{ShortQuestion.ShortSentence}", image, [task], [answer])
                {
                    Options = ["Yes", "No"],
                };
            }
        }
    }
}
