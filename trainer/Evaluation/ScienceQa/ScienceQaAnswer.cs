using System.Text.RegularExpressions;

namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>By which rule a letter was found in an answer.</summary>
internal enum AnswerRule
{
    /// <summary>None was found.</summary>
    None,

    /// <summary>The answer is the letter alone.</summary>
    Letter,

    /// <summary>The answer begins with the letter, a dot and a space.</summary>
    LetterDot,

    /// <summary>The answer says once: The answer is X.</summary>
    Sentence,

    /// <summary>A rule that the original does not have.</summary>
    Loose,
}

/// <summary>The option that an answer names.</summary>
/// <param name="Letter">The letter, or null where none was found.</param>
/// <param name="Rule">By which rule.</param>
internal readonly partial record struct ScienceQaAnswer(char? Letter, AnswerRule Rule)
{
    private const string Letters = ScienceQaProblem.Letters;

    /// <summary>What the original writes where it finds no letter.</summary>
    internal const string Failed = "FAILED";

    /// <summary>Gets the letter as the original writes it.</summary>
    internal string Text => Letter is { } letter ? letter.ToString() : Failed;

    /// <summary>Finds the letter by the rules of the original's scorer.</summary>
    /// <param name="text">The answer.</param>
    internal static ScienceQaAnswer Parse(string text) => text switch
    {
        [char letter] when Letters.Contains(letter) => new(letter, AnswerRule.Letter),
        [char letter, '.', ' ', ..] when Letters.Contains(letter) => new(letter, AnswerRule.LetterDot),
        _ => ParseSentence(text),
    };

    /// <summary>Finds the letter by the one rule of the original's ensembles: the sentence, exactly once. It need not be an option's
    /// letter.</summary>
    /// <param name="text">The answer.</param>
    internal static ScienceQaAnswer ParseSentence(string text) =>
        Sentence().Matches(text) is [{ } match] ? new(match.Groups[1].Value[0], AnswerRule.Sentence) : default;

    /// <summary>Finds the letter by the original's rules and, where those find none, by forms that models use as well, if all that are
    /// there name one option.</summary>
    /// <param name="text">The answer.</param>
    /// <param name="choices">The options.</param>
    internal static ScienceQaAnswer ParseLoosely(string text, IReadOnlyList<string> choices)
    {
        ScienceQaAnswer answer = Parse(text);
        if (answer.Letter is not null)
        {
            return answer;
        }

        string trimmed = text.Trim().TrimEnd('.');
        char[] named =
            [.. choices.Select(static (choice, i) => (choice, i))
            .Where(c => c.choice.TrimEnd('.').Equals(trimmed, StringComparison.OrdinalIgnoreCase)).Select(static c => Letters[c.i])];
        if (named.Length == 0)
        {
            named = [.. Forms().Matches(text).Select(static match => char.ToUpperInvariant(match.Groups["letter"].Value[0])).Distinct()];
        }

        return named is [char letter] && Letters.IndexOf(letter) < choices.Count ? new(letter, AnswerRule.Loose) : default;
    }

    [GeneratedRegex("The answer is ([A-Z]).")]
    private static partial Regex Sentence();

    // The whole answer is a letter, perhaps in brackets; it begins with a letter in brackets; or it says "answer is" or "answer:" and a
    // letter that is not the article of what follows.
    [GeneratedRegex(@"^\s*\(?(?<letter>[A-Ea-e])[).:]?\s*$|^\s*\(?(?<letter>[A-Ea-e])\)|\b(?i:answer)(?i:\s+is)?\s*:?\s*(?:\((?<letter>[A-E])\)|(?<letter>[A-E])(?=[.,;:)]|\s*$))")]
    private static partial Regex Forms();
}
