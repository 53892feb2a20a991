namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>Finds the option that an answer to a question with lettered options names.</summary>
internal static class ChosenLetter
{
    private static readonly char[] Around = [' ', '\t', '\r', '\n', '.', ',', ':', ';', '(', ')', '"', '\'', '*', '!'];

    /// <summary>
    /// Finds it: the answer is a letter, begins with one that punctuation ends, ends in the words "answer is" and a letter, or is the text
    /// of an option, or has that of just one in it.
    /// </summary>
    /// <param name="text">The answer.</param>
    /// <param name="options">The options' texts.</param>
    /// <returns>The letter, or null where none is named, or more than one.</returns>
    internal static string? Find(string text, IReadOnlyList<string> options)
    {
        string answer = text.Trim().Trim(Around);
        if (answer.Length > 0 && IsLetter(answer[0], options.Count)
            && (answer.Length == 1 || (answer.Length > 1 && ".:,)\n".Contains(answer[1], StringComparison.Ordinal))))
        {
            return answer[..1];
        }

        const string Is = "answer is ";
        int at = answer.LastIndexOf(Is, StringComparison.OrdinalIgnoreCase);
        string rest = at < 0 ? string.Empty : answer[(at + Is.Length)..].Trim(Around);
        if (rest.Length > 0 && IsLetter(rest[0], options.Count) && (rest.Length == 1 || Array.IndexOf(Around, rest[1]) >= 0))
        {
            return rest[..1];
        }

        int[] equal = [.. Matching(option => string.Equals(option.Trim(Around), answer, StringComparison.OrdinalIgnoreCase))];
        int[] within = equal.Length > 0 ? equal : [.. Matching(option => HasWords(answer, option.Trim(Around)))];
        return within.Length == 1 ? ChoiceFiles.Letter(within[0]) : null;

        IEnumerable<int> Matching(Func<string, bool> matches) => Enumerable.Range(0, options.Count).Where(i => matches(options[i]));
    }

    private static bool IsLetter(char c, int count) => c >= 'A' && c < 'A' + count;

    // An option that is a word of the answer counts, one that is a part of a word does not.
    private static bool HasWords(string answer, string option)
    {
        for (int at = option.Length == 0 ? -1 : answer.IndexOf(option, StringComparison.OrdinalIgnoreCase); at >= 0;
            at = answer.IndexOf(option, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            int end = at + option.Length;
            if ((at == 0 || !char.IsLetterOrDigit(answer[at - 1])) && (end == answer.Length || !char.IsLetterOrDigit(answer[end])))
            {
                return true;
            }
        }

        return false;
    }
}
