using LlavaCuda.Trainer.Evaluation.Statistics;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>A figure of a run: the mean score of some questions, or what else a benchmark computes from them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rows">The questions.</param>
internal sealed record BenchmarkFigure(string Name, IReadOnlyList<JudgedRow> Rows)
{
    /// <summary>The name of the figure over all questions.</summary>
    internal const string All = "all";

    private const double Percent = 100;

    /// <summary>Gets how it is computed from some of the questions, as a share of 1; NaN where it cannot be. The mean score by default.</summary>
    internal Func<IReadOnlyList<JudgedRow>, double> Compute { get; init; } = Mean;

    /// <summary>Gets what its value is written with: 100 for percent, or how much a benchmark's own total is at best.</summary>
    internal double Scale { get; init; } = Percent;

    /// <summary>Gets a value indicating whether it is written in percent.</summary>
    internal bool IsPercent => Scale == Percent;

    /// <summary>Gets a value indicating whether it is the mean score.</summary>
    internal bool IsMean => Compute == Mean;

    /// <summary>Gets its value, as a share of 1.</summary>
    internal double Value => Compute(Rows);

    /// <summary>Makes the mean scores of each group, in the order in which groups first appear, and of all questions.</summary>
    /// <param name="rows">The questions.</param>
    internal static IEnumerable<BenchmarkFigure> Shares(IReadOnlyList<JudgedRow> rows) =>
    [
        .. rows.SelectMany(static row => row.Groups).Distinct()
            .Select(group => new BenchmarkFigure(group, [.. rows.Where(row => row.Groups.Contains(group))])),
        new BenchmarkFigure(All, rows),
    ];

    /// <summary>
    /// Computes the 95 % interval: Wilson's where each question is right or not and independent, else by bootstrap. Where all questions
    /// are right, or none, no bootstrap varies: then it is Wilson's, and questions that belong together count as one.
    /// </summary>
    internal Interval Interval()
    {
        int right = Rows.Count(static row => row.Judgement.Score == 1), clusters = Rows.DistinctBy(static row => row.Cluster ?? row.Id).Count();
        bool isShare = IsMean && Rows.All(static row => row.Judgement.Score is 0 or 1);
        bool isAlike = right == 0 || right == Rows.Count;
        return isShare && (isAlike || clusters == Rows.Count)
            ? Statistics.Interval.Wilson(isAlike && right > 0 ? clusters : right, clusters)
            : Bootstrap.Of(
                Rows.Count,
                IsMean ? chosen => chosen.Sum(i => Rows[i].Judgement.Score) / chosen.Count : chosen => Compute([.. chosen.Select(i => Rows[i])]),
                clusters < Rows.Count ? i => Rows[i].Cluster ?? Rows[i].Id : null);
    }

    /// <summary>Counts an outcome.</summary>
    /// <param name="outcome">Which.</param>
    internal int Count(Outcome outcome) => Rows.Count(row => row.Judgement.Outcome == outcome);

    private static double Mean(IReadOnlyList<JudgedRow> rows) =>
        rows.Count == 0 ? double.NaN : rows.Sum(static row => row.Judgement.Score) / rows.Count;
}
