using System.Text.RegularExpressions;

namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>
/// Brings short answers into the form in which VQA's scorers compare them: without punctuation and articles, numbers up to ten as digits,
/// contractions with their apostrophes.
/// </summary>
internal static partial class AnswerNormalizer
{
    // The scorers pass a flag of this value where their language takes the most replacements.
    private const int MostPeriods = 32;
    private const string Punctuation = ";/[]\"{}()=+\\_-><@`,?!";
    private static readonly string[] Numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

    /// <summary>The form of TextVQA's scorer and of what is handed in for VQAv2 and VizWiz (EvalAI's).</summary>
    /// <param name="text">An answer.</param>
    internal static string EvalAi(string text)
    {
        string words = text.ToLowerInvariant().Replace(",", string.Empty, StringComparison.Ordinal)
            .Replace("?", string.Empty, StringComparison.Ordinal).Replace("'s", " 's", StringComparison.Ordinal);
        return Vqa(OnOneLine(words));
    }

    /// <summary>The form of VQA's own scorer, for an answer that <see cref="OnOneLine"/> made.</summary>
    /// <param name="text">An answer.</param>
    internal static string Vqa(string text)
    {
        bool hasThousands = Thousands().IsMatch(text);
        string clean = text;
        foreach (char mark in Punctuation)
        {
            bool isAtWordEnd = text.Contains($"{mark} ", StringComparison.Ordinal) || text.Contains($" {mark}", StringComparison.Ordinal);
            clean = clean.Replace(mark.ToString(), isAtWordEnd || hasThousands ? string.Empty : " ", StringComparison.Ordinal);
        }

        string[] words = PythonText.Split(Period().Replace(clean, string.Empty, MostPeriods).ToLowerInvariant());
        return string.Join(' ', words.Select(Digit).Where(static word => word is not ("a" or "an" or "the")).Select(Contractions.Repair));
    }

    /// <summary>Makes spaces of line ends and tabs, and trims.</summary>
    internal static string OnOneLine(string text) => PythonText.Strip(text.Replace('\n', ' ').Replace('\t', ' '));

    private static string Digit(string word) => word == "none" ? "0"
        : Array.IndexOf(Numbers, word) is var number and >= 0 ? number.ToString(System.Globalization.CultureInfo.InvariantCulture) : word;

    [GeneratedRegex(@"\d,\d")]
    private static partial Regex Thousands();

    [GeneratedRegex(@"\.(?!\d)")]
    private static partial Regex Period();
}
