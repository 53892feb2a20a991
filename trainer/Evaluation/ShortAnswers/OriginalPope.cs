using System.Globalization;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>
/// What the original's <c>eval_pope.py</c> prints, to the digit: answers of a category, in the order of the answer file, are paired with
/// its labels by
/// position, and whatever does not say no is a yes.
/// </summary>
internal static class OriginalPope
{
    private const string Prefix = "coco_pope_";
    private const string Suffix = ".json";

    /// <summary>Writes the lines, category by category in the order of their names; the original takes them as its file system lists
    /// them.</summary>
    /// <param name="annotations">The folder of <c>coco_pope_CATEGORY.json</c>, JSON Lines with <c>label</c>, and nothing else.</param>
    /// <param name="questions">JSON Lines with <c>question_id</c> and <c>category</c>.</param>
    /// <param name="answers">JSON Lines with <c>question_id</c> and <c>text</c>.</param>
    /// <exception cref="InvalidDataException">A row is wrong, or a figure divides by 0, as in the original.</exception>
    internal static IEnumerable<string> Lines(string annotations, string questions, string answers)
    {
        Dictionary<string, string> categories = new(StringComparer.Ordinal);
        foreach ((_, ConfigSection row) in JsonLines.Read(questions))
        {
            categories[PopeFiles.IdOf(row)] = row.OptionalText("category") ?? throw row.Wrong("category", "a string");
        }

        (string Category, bool SaysYes)[] answered =
            [.. JsonLines.Read(answers).Select(a => (CategoryOf(a.Row), SaysYes(PopeFiles.TextOf(a.Row))))];
        foreach (string file in Directory.EnumerateFileSystemEntries(annotations).Order(StringComparer.Ordinal))
        {
            string category = NameOf(file);
            bool[] said = [.. answered.Where(a => a.Category == category).Select(static a => a.SaysYes)];
            yield return string.Create(CultureInfo.InvariantCulture, $"Category: {category}, # samples: {said.Length}");
            foreach (string line in Lines(
                file, said, [.. JsonLines.Read(file).Select(static row => row.Row.OptionalText("label") != "no")]))
            {
                yield return line;
            }

            yield return "====================================";
        }

        string CategoryOf(ConfigSection row) =>
            categories.GetValueOrDefault(PopeFiles.IdOf(row)) ?? throw row.Wrong("question_id", $"a question of {questions}");
    }

    /// <summary>Reads an answer as the original does: no where the first sentence has the word no, No or not, else yes.</summary>
    internal static bool SaysYes(string text) =>
        !text.Split('.')[0].Replace(",", string.Empty, StringComparison.Ordinal).Split(' ')
            .Any(static word => word is "No" or "not" or "no");

    private static string NameOf(string file)
    {
        string name = Path.GetFileName(file);
        return name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal)
            ? name[Prefix.Length..^Suffix.Length]
            : throw new InvalidDataException(
                $"{file} is no file of POPE's annotations; expected {Prefix}CATEGORY{Suffix} and nothing else.");
    }

    private static IEnumerable<string> Lines(string file, bool[] said, bool[] labels)
    {
        int Count(bool yes, bool label) => said.Zip(labels).Count(pair => pair == (yes, label));
        int truePositives = Count(true, true), falsePositives = Count(true, false), trueNegatives = Count(false, false),
            falseNegatives = Count(false, true);
        yield return "TP\tFP\tTN\tFN\t";
        yield return string.Create(CultureInfo.InvariantCulture, $"{truePositives}\t{falsePositives}\t{trueNegatives}\t{falseNegatives}");
        double precision = Divide(truePositives, truePositives + falsePositives, "nothing is answered with yes");
        double recall = Divide(truePositives, truePositives + falseNegatives, "no label is yes");
        double f1 = Divide(2 * precision * recall, precision + recall, "no yes is right");
        double accuracy = (truePositives + trueNegatives) / (double)(truePositives + trueNegatives + falsePositives + falseNegatives);
        double yesRatio = said.Count(static yes => yes) / (double)said.Length;
        foreach ((string name, double value) in (
            (string, double)[])[("Accuracy", accuracy), ("Precision", precision), ("Recall", recall), ("F1 score", f1),
            ("Yes ratio", yesRatio)])
        {
            yield return $"{name}: {PythonNumbers.Repr(value)}";
        }

        yield return string
            .Join(", ", ((double[])[f1, accuracy, precision, recall, yesRatio]).Select(static value => PythonNumbers.Fixed(value, 3)));

        double Divide(double a, double b, string why) =>
            b != 0 ? a / b : throw new InvalidDataException($"{file}: {why}, so that the original divides by 0; leave out --original.");
    }
}
