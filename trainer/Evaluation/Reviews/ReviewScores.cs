using System.Globalization;
using System.Text.RegularExpressions;

namespace LlavaCuda.Trainer.Evaluation.Reviews;

/// <summary>The scores of two answers.</summary>
/// <param name="First">Of answer 1.</param>
/// <param name="Second">Of answer 2.</param>
internal readonly partial record struct ReviewScores(double First, double Second)
{
    /// <summary>What the original writes for a judgement that cannot be parsed, and puts into its means.</summary>
    internal static readonly ReviewScores OriginalFailure = new(-1, -1);

    /// <summary>Why a judgement without scores has none.</summary>
    internal const string Unparsable = "the judgement does not begin with two scores";

    private const double Lowest = 0;
    private const double Highest = 10;

    /// <summary>Reads the scores as the original does: the first line, commas taken for spaces, split at each space into exactly two
    /// numbers; else −1 and −1.</summary>
    /// <param name="review">The judge's text.</param>
    internal static ReviewScores ParseOriginal(string review)
    {
        string[] fields = review.Split('\n')[0].Replace(',', ' ').Split(' ');
        return fields.Length == 2 && PythonNumbers.TryParse(fields[0], out double first)
            && PythonNumbers.TryParse(fields[1], out double second)
            ? new ReviewScores(first, second)
            : OriginalFailure;
    }

    /// <summary>
    /// Reads the scores where there is no doubt about them: the first line that is not empty holds two numbers from 0 to 10 and nothing
    /// else than spaces, a comma,
    /// brackets, or "/10" after each.
    /// </summary>
    /// <param name="review">The judge's text.</param>
    /// <returns>Null where it is not so.</returns>
    internal static ReviewScores? Parse(string review)
    {
        Match match = FirstLine().Match(review);
        if (!match.Success)
        {
            return null;
        }

        double first = double.Parse(match.Groups["first"].ValueSpan, CultureInfo.InvariantCulture),
            second = double.Parse(match.Groups["second"].ValueSpan, CultureInfo.InvariantCulture);
        return IsOnScale(new ReviewScores(first, second)) ? new ReviewScores(first, second) : null;
    }

    /// <summary>Whether both scores are from 0 to 10. A judge that finds nothing to rate sometimes gives 0, although the scale begins at
    /// 1.</summary>
    internal static bool IsOnScale(ReviewScores scores) => scores is { First: >= Lowest and <= Highest, Second: >= Lowest and <= Highest };

    /// <summary>The scores with the answers in the other order.</summary>
    internal ReviewScores Swapped() => new(Second, First);

    [GeneratedRegex(@"\A\s*[(\[]?[ \t]*(?<first>[0-9]+(?:\.[0-9]+)?)(?:/10)?(?:[ \t]*,[ \t]*|[ \t]+)(?<second>[0-9]+(?:\.[0-9]+)?)(?:/10)?[ \t]*[)\]]?[ \t\r]*(?:\n|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex FirstLine();
}
