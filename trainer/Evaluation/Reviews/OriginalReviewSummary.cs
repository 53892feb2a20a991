using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Evaluation.Reviews;

/// <summary>What the original's <c>summarize_gpt_review.py</c> prints, to the digit: judgements that failed count as −1.</summary>
internal static class OriginalReviewSummary
{
    /// <summary>Writes the lines of a review file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ignored">Questions that do not count; ids that are texts are never among them.</param>
    /// <exception cref="InvalidDataException">A row is wrong, or a mean is 0, which the original divides by.</exception>
    internal static IEnumerable<string> Lines(string path, IReadOnlyCollection<long> ignored)
    {
        SortedDictionary<string, List<ReviewScores>> scores = new(StringComparer.Ordinal);
        foreach (Review review in Review.Read(path))
        {
            if (long.TryParse(review.QuestionId, out long id) && ignored.Contains(id))
            {
                continue;
            }

            ReviewScores pair = review.Scores ?? ReviewScores.OriginalFailure;
            Add("all", pair);
            if (review.Category is { } category)
            {
                Add(category, pair);
            }
        }

        yield return Path.GetFileName(path).Replace("gpt4_text_", string.Empty, StringComparison.Ordinal)
            .Replace(".jsonl", string.Empty, StringComparison.Ordinal);
        foreach ((string category, List<ReviewScores> pairs) in scores)
        {
            double first = Mean(pairs, static p => p.First), second = Mean(pairs, static p => p.Second);
            string relative = first == 0
                ? throw new InvalidDataException(
                    $"{path}: the mean score of answer 1 in category {Quoted.Name(category)} is 0, which the original divides by.")
                : Shown(second / first * 100);
            yield return $"{category} {relative} {Shown(first * 10)} {Shown(second * 10)}";
        }

        yield return "=================================";

        void Add(string category, ReviewScores pair)
        {
            if (!scores.TryGetValue(category, out List<ReviewScores>? list))
            {
                scores[category] = list = [];
            }

            list.Add(pair);
        }

        static double Mean(List<ReviewScores> pairs, Func<ReviewScores, double> value) =>
            PythonNumbers.Round(pairs.Aggregate(0.0, (sum, pair) => sum + value(pair)) / pairs.Count, 3);

        static string Shown(double value) => PythonNumbers.Repr(PythonNumbers.Round(value, 1));
    }
}
