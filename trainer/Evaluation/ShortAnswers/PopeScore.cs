namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>POPE's figures, of a category or of several. An answer that says neither yes nor no is none, and not a yes as in the
/// original.</summary>
/// <param name="Rows">The questions.</param>
internal sealed record PopeScore(IReadOnlyList<PopeRow> Rows)
{
    private static readonly char[] Separators = [' ', '\t', '\r', '\n', ',', ';', ':', '!', '?', '"', '\''];

    /// <summary>Gets the share of right answers among all questions.</summary>
    internal double Accuracy => Count(Outcome.Right) / (double)Rows.Count;

    /// <summary>Gets the share of right ones among the answers that say yes.</summary>
    internal double Precision => Hits / (double)Rows.Count(static r => SaysYes(r) == true);

    /// <summary>Gets the share of the objects that are there and that an answer says to be there.</summary>
    internal double Recall => Hits / (double)Rows.Count(static r => r.Label);

    /// <summary>Gets the harmonic mean of precision and recall.</summary>
    internal double F1 => 2 * Precision * Recall / (Precision + Recall);

    /// <summary>Gets the share of yes among all questions.</summary>
    internal double YesRatio => Rows.Count(static r => SaysYes(r) == true) / (double)Rows.Count;

    private int Hits => Rows.Count(static r => r.Label && SaysYes(r) == true);

    /// <summary>Counts an outcome.</summary>
    internal int Count(Outcome outcome) => Rows.Count(r => OutcomeOf(r) == outcome);

    /// <summary>Finds what an answer says: its first word, or the one of yes and no (not) that its first sentence has; null where there is
    /// neither or both.</summary>
    internal static bool? SaysYes(string text)
    {
        string[] words = text.Split('.')[0].ToLowerInvariant().Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            ["yes", ..] => true,
            ["no", ..] => false,
            _ => (words.Contains("yes"), words.Any(static word => word is "no" or "not")) switch
            {
                (true, false) => true,
                (false, true) => false,
                _ => null,
            },
        };
    }

    private static bool? SaysYes(PopeRow row) => row.Text is null ? null : SaysYes(row.Text);

    private static Outcome OutcomeOf(PopeRow row) =>
        SaysYes(row) switch { null => Outcome.NoAnswer, { } yes => yes == row.Label ? Outcome.Right : Outcome.Wrong };
}
