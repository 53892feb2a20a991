namespace LlavaCuda.Trainer.Evaluation.Reviews;

/// <summary>The figures of a category.</summary>
/// <param name="Category">Its name; <c>all</c> for all of them.</param>
/// <param name="Judged">Questions with scores, over all repetitions; of questions judged in both orders, both are needed.</param>
/// <param name="Failed">Questions without.</param>
/// <param name="Means">Mean scores of answer 1 and answer 2 of each repetition that has any.</param>
internal sealed record ReviewFigures(string Category, int Judged, int Failed, IReadOnlyList<ReviewScores> Means)
{
    /// <summary>Gets the mean score of answer 1 over repetitions.</summary>
    internal double First => Means.Count == 0 ? double.NaN : Means.Average(static m => m.First);

    /// <summary>Gets the mean score of answer 2 over repetitions.</summary>
    internal double Second => Means.Count == 0 ? double.NaN : Means.Average(static m => m.Second);

    /// <summary>Gets the mean over repetitions of answer 2's score relative to answer 1's, in percent.</summary>
    internal double Relative => Means.Count == 0 ? double.NaN : Ratios.Average();

    /// <summary>Gets the standard deviation of that between repetitions (n − 1); NaN of less than two.</summary>
    internal double Deviation => Means.Count < 2 ? double.NaN : Math.Sqrt(Ratios.Sum(r => Math.Pow(r - Relative, 2)) / (Means.Count - 1));

    private IEnumerable<double> Ratios => Means.Select(static m => 100 * m.Second / m.First);
}

/// <summary>How much the order in which answers are shown matters, from questions that were judged in both.</summary>
/// <param name="Pairs">Such questions.</param>
/// <param name="Gain">The points that an answer gets more when it is shown first, on average over both answers.</param>
/// <param name="Same">Questions whose better answer is the same in both orders, or that are ties in both.</param>
/// <param name="FirstWins">Questions in which the answer that is shown first is better in both orders.</param>
/// <param name="SecondWins">Questions in which the answer that is shown second is better in both orders.</param>
internal sealed record PositionBias(int Pairs, double Gain, int Same, int FirstWins, int SecondWins);

/// <summary>Sums up judgements. One that failed is never a score.</summary>
internal static class ReviewSummary
{
    /// <summary>The name of all categories together.</summary>
    internal const string All = "all";

    /// <summary>Gets the figures of each category, by name, those of all first.</summary>
    /// <param name="reviews">The judgements.</param>
    internal static List<ReviewFigures> Of(IReadOnlyCollection<Review> reviews)
    {
        bool bothOrders = reviews.Any(static r => r.IsSwapped) && reviews.Any(static r => !r.IsSwapped);
        (string? Category, int Repetition, ReviewScores? Scores)[] questions =
        [
            .. reviews.GroupBy(static r => (r.QuestionId, r.Repetition))
                .Select(group => (group.First().Category, group.Key.Repetition, Join([.. group], bothOrders ? 2 : 1))),
        ];
        return
        [
            Figures(All, questions),
            .. questions.Where(static q => q.Category is not null).GroupBy(static q => q.Category!)
                .OrderBy(static g => g.Key, StringComparer.Ordinal).Select(static group => Figures(group.Key, group)),
        ];
    }

    /// <summary>Measures the effect of the order, or returns null where no question was judged in both.</summary>
    /// <param name="reviews">The judgements.</param>
    internal static PositionBias? Bias(IEnumerable<Review> reviews)
    {
        (ReviewScores Plain, ReviewScores Swapped)[] pairs =
        [
            .. reviews.Where(static r => r.Scores is not null).GroupBy(static r => (r.QuestionId, r.Repetition))
                .Select(static group =>
                    (Plain: group.FirstOrDefault(static r => !r.IsSwapped)?.Scores,
                    Swapped: group.FirstOrDefault(static r => r.IsSwapped)?.Scores))
                .Where(static pair => pair is { Plain: not null, Swapped: not null })
                    .Select(static pair => (pair.Plain!.Value, pair.Swapped!.Value)),
        ];
        return pairs.Length == 0 ? null : new PositionBias(
            pairs.Length,
            pairs.Average(static pair => (pair.Plain.First - pair.Swapped.First + pair.Swapped.Second - pair.Plain.Second) / 2),
            pairs.Count(static pair => Winner(pair.Plain) == Winner(pair.Swapped)),
            pairs.Count(static pair => Winner(pair.Plain) == 1 && Winner(pair.Swapped) == -1),
            pairs.Count(static pair => Winner(pair.Plain) == -1 && Winner(pair.Swapped) == 1));
    }

    private static int Winner(ReviewScores scores) => scores.First.CompareTo(scores.Second);

    private static ReviewScores? Join(Review[] orders, int needed)
    {
        ReviewScores[] scores = [.. orders.Select(static r => r.Scores).OfType<ReviewScores>()];
        return scores.Length < Math.Max(needed, orders.Length) ? null
            : new ReviewScores(scores.Average(static s => s.First), scores.Average(static s => s.Second));
    }

    private static ReviewFigures Figures(string category, IEnumerable<(string? Category, int Repetition, ReviewScores? Scores)> questions)
    {
        (string? Category, int Repetition, ReviewScores? Scores)[] all = [.. questions];
        ReviewScores[] means =
        [
            .. all.Where(static q => q.Scores is not null).GroupBy(static q => q.Repetition).OrderBy(static g => g.Key)
                .Select(static group =>
                    new ReviewScores(group.Average(static q => q.Scores!.Value.First), group.Average(static q => q.Scores!.Value.Second))),
        ];
        int judged = all.Count(static q => q.Scores is not null);
        return new ReviewFigures(category, judged, all.Length - judged, means);
    }
}
