using System.Text.RegularExpressions;

namespace LlavaCuda.Trainer.Generating;

/// <summary>
/// Drops what would teach a model wrong things: refusals, answers that speak of the captions, boxes or coordinates that the image was
/// replaced by, questions that cannot be answered, repeated questions, image placeholders, empty texts.
/// </summary>
internal static partial class ReplyFilter
{
    internal const string Refusal = "a refusal";
    internal const string Mention = "speaks of captions, boxes or coordinates";
    internal const string Unanswerable = "an answer that the image does not give";
    internal const string Placeholder = "holds an image placeholder";
    internal const string Repeated = "a repeated question";

    /// <summary>Filters a reply's questions and answers.</summary>
    /// <param name="parsed">The reply.</param>
    /// <returns>What is left.</returns>
    internal static ParsedReply Apply(ParsedReply parsed)
    {
        HashSet<string> asked = new(StringComparer.OrdinalIgnoreCase);
        List<QuestionAnswer> kept = [];
        List<DroppedPart> dropped = [.. parsed.Dropped];
        foreach (QuestionAnswer pair in parsed.Pairs)
        {
            if ((Fault(pair) ?? (asked.Add(pair.Question) ? null : Repeated)) is { } reason)
            {
                dropped.Add(new DroppedPart(reason, $"{pair.Question}\n{pair.Answer}"));
            }
            else
            {
                kept.Add(pair);
            }
        }

        return parsed with { Pairs = kept, Dropped = dropped };
    }

    /// <summary>Tells whether a text begins as refusals do.</summary>
    /// <param name="text">The text.</param>
    internal static bool IsRefusal(string text) => Refusals().IsMatch(FirstSentence(text));

    private static string? Fault(QuestionAnswer pair)
    {
        (string question, string answer) = pair;
        string first = FirstSentence(answer);
        return question.Length == 0 || answer.Length == 0 ? ReplyParser.Empty
            : Placeholders().IsMatch(question) || Placeholders().IsMatch(answer) ? Placeholder
            : IsRefusal(answer) ? Refusal
            : Mentions().IsMatch(question) || Mentions().IsMatch(answer) ? Mention
            : Unknowns().IsMatch(first) ? Unanswerable
            : null;
    }

    // A later one may well say what cannot be seen.
    private static string FirstSentence(string text)
    {
        Match end = SentenceEnd().Match(text);
        return end.Success ? text[..end.Index] : text;
    }

    [GeneratedRegex(@"[.!?](?=\s|$)|\n", RegexOptions.CultureInvariant)]
    private static partial Regex SentenceEnd();

    [GeneratedRegex("<(?:image|im_start|im_end|im_patch|video)>", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Placeholders();

    [GeneratedRegex(
        @"^(?:i(?:'|\u2019)?m|i am)\s+(?:very\s+)?sorry\b|^sorry\b|\bas an? (?:ai|artificial|text|language)\b"
        + @"|\bi(?:\s+am|(?:'|\u2019)m)?\s+(?:can(?:not|(?:'|\u2019)t)|(?:un|not )able to)\s+"
        + @"(?:assist|help|comply|fulfil|provide|generate|see|view|create)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Refusals();

    [GeneratedRegex(
        @"\bcaptions?\b|\bcaptioned\b|\bbounding[ -]box|\bcoordinates\b|\bannotations?\b|\[\s*[01]?\.\d+\s*,"
        + @"|\b(?:provided|given|above) (?:descriptions?|sentences|text|information)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Mentions();

    [GeneratedRegex(
        @"\b(?:cannot|can(?:'|\u2019)t|can not|impossible to|not possible to|unable to|difficult to|hard to|not clear|unclear)\b"
        + @"(?:\s+\w+){0,3}?\s*"
        + @"\b(?:determined?|tell|known?|say|said|identify|identified|answer(?:ed)?|confirm(?:ed)?|ascertain(?:ed)?)\b"
        + @"|\b(?:is|are|does|do)(?:\s+not|n(?:'|\u2019)t)\s+"
        + @"(?:mention(?:ed)?|specified|specify|stated?|provided?|described?|indicated?|say)\b"
        + @"|\b(?:no|not enough|without (?:more|further)) information\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Unknowns();
}
