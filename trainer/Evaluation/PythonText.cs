namespace LlavaCuda.Trainer.Evaluation;

/// <summary>Texts as Python's own functions treat them, where .NET's differ.</summary>
internal static class PythonText
{
    /// <summary>Python's <c>strip()</c>: the separators U+001C to U+001F are white space too.</summary>
    internal static string Strip(string text)
    {
        (int begin, int end) = (0, text.Length);
        while (begin < end && IsSpace(text[begin]))
        {
            begin++;
        }

        while (end > begin && IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[begin..end];
    }

    /// <summary>Python's <c>split()</c>.</summary>
    internal static string[] Split(string text) =>
        string.Concat(text.Select(static c => IsSpace(c) ? ' ' : c)).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';
}
