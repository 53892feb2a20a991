using System.Globalization;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Evaluation.Statistics;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>Two runs over the same questions, question by question.</summary>
/// <param name="Name">The questions that are compared: a group, or all.</param>
/// <param name="Pairs">The rows of both runs.</param>
internal sealed record RunComparison(string Name, IReadOnlyList<(JudgedRow First, JudgedRow Second)> Pairs)
{
    /// <summary>Gets the questions on which only the first run is right.</summary>
    internal int OnlyFirst => Pairs.Count(static pair => IsRight(pair.First) && !IsRight(pair.Second));

    /// <summary>Gets the questions on which only the second run is right.</summary>
    internal int OnlySecond => Pairs.Count(static pair => !IsRight(pair.First) && IsRight(pair.Second));

    /// <summary>Gets the p-value of McNemar's test.</summary>
    internal double P => McNemar.P(OnlyFirst, OnlySecond);

    /// <summary>Gets the mean score of the second run less that of the first.</summary>
    internal double Difference => Pairs.Average(static pair => Gain(pair));

    /// <summary>Gets its 95 % interval, from a paired bootstrap.</summary>
    internal Interval Interval => Bootstrap.Of(
        Pairs.Count,
        chosen => chosen.Average(i => Gain(Pairs[i])),
        Pairs.Any(static pair => pair.First.Cluster is not null) ? i => Pairs[i].First.Cluster ?? Pairs[i].First.Id : null);

    /// <summary>Compares two runs: by group, and all questions last.</summary>
    /// <param name="first">The rows of the one.</param>
    /// <param name="second">The rows of the other.</param>
    /// <param name="firstName">What messages call the one.</param>
    /// <param name="secondName">What messages call the other.</param>
    /// <exception cref="InvalidDataException">They are not of the same questions.</exception>
    internal static IReadOnlyList<RunComparison> Of(
        IReadOnlyList<JudgedRow> first, IReadOnlyList<JudgedRow> second, string firstName, string secondName)
    {
        Dictionary<string, JudgedRow> others = second.ToDictionary(static row => row.Id, StringComparer.Ordinal);
        List<(JudgedRow First, JudgedRow Second)> pairs = [];
        foreach (JudgedRow row in first)
        {
            JudgedRow other = others.Remove(row.Id, out JudgedRow? found) ? found
                : throw new InvalidDataException($"{secondName} has no question {Quoted.Line(row.Id)}, which {firstName} has; expected runs over the same questions.");
            pairs.Add(row.Truth == other.Truth ? (row, other)
                : throw new InvalidDataException($"question {Quoted.Line(row.Id)} has the answer {Quoted.Name(row.Truth)} in {firstName} and {Quoted.Name(other.Truth)} in {secondName}."));
        }

        return others.Count > 0
            ? throw new InvalidDataException($"{firstName} has no question {Quoted.Line(others.Keys.First())}, which {secondName} has; expected runs over the same questions.")
            : [
                .. first.SelectMany(static row => row.Groups).Distinct()
                    .Select(group => new RunComparison(group, [.. pairs.Where(pair => pair.First.Groups.Contains(group))])),
                new RunComparison(BenchmarkFigure.All, pairs),
            ];
    }

    /// <summary>Writes it as one row of a table.</summary>
    internal string[] Cells()
    {
        Interval interval = Interval;
        return
        [
            Name, Percent(Pairs.Average(static pair => pair.First.Judgement.Score)), Percent(Pairs.Average(static pair => pair.Second.Judgement.Score)),
            Signed(Difference), $"{Signed(interval.Low)} to {Signed(interval.High)}", $"{OnlyFirst}", $"{OnlySecond}",
            P.ToString(P < 0.001 ? "0.0e+0" : "0.000", CultureInfo.InvariantCulture),
        ];

        static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture);

        static string Signed(double share) => (100 * share).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);
    }

    private static bool IsRight(JudgedRow row) => row.Judgement.Outcome == Outcome.Right;

    private static double Gain((JudgedRow First, JudgedRow Second) pair) => pair.Second.Judgement.Score - pair.First.Judgement.Score;
}
