using LlavaCuda.Trainer.Evaluation.ShortAnswers;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>Figures of benchmarks that count a cluster of questions as right where all of them are: MME's pairs, MMBench's rotations.</summary>
internal static class ClusterFigures
{
    /// <summary>The name of MMBench's main figure.</summary>
    internal const string Circular = "all, circular";

    private const double TaskPoints = 200;

    /// <summary>MME: the points of each subtask, of 200, and of perception and cognition.</summary>
    /// <param name="rows">The questions.</param>
    internal static IEnumerable<BenchmarkFigure> Mme(IReadOnlyList<JudgedRow> rows)
    {
        foreach (BenchmarkFigure task in BenchmarkFigure.Shares(rows).Where(static figure => figure.Name != BenchmarkFigure.All))
        {
            yield return task with { Compute = static some => (Mean(some) + AllRight(some)) / 2, Scale = TaskPoints };
        }

        foreach ((string name, IReadOnlyList<string> tasks) in ((string, IReadOnlyList<string>)[])
            [("perception", MmeFiles.Perception), ("cognition", MmeFiles.Cognition)])
        {
            JudgedRow[] some = [.. rows.Where(row => tasks.Contains(row.Groups[0]))];
            if (some.Length > 0)
            {
                yield return new BenchmarkFigure(name, some)
                {
                    Compute = chosen => chosen.GroupBy(static row => row.Groups[0])
                        .Sum(static task => (Mean([.. task]) + AllRight([.. task])) / 2) / tasks.Count,
                    Scale = TaskPoints * tasks.Count,
                };
            }
        }
    }

    /// <summary>MMBench: the share of questions that are right in all rotations, and of rows that are right, by category.</summary>
    /// <param name="rows">The rows.</param>
    internal static IEnumerable<BenchmarkFigure> MmBench(IReadOnlyList<JudgedRow> rows) =>
        BenchmarkFigure.Shares(rows).SelectMany(static share => (BenchmarkFigure[])
        [
            share with { Name = $"{share.Name}, circular", Compute = AllRight }, share with { Name = $"{share.Name}, vanilla" },
        ]);

    // Each row counts for its part of the cluster, so that clusters which a bootstrap draws several times count so often.
    private static double AllRight(IReadOnlyList<JudgedRow> rows)
    {
        (double right, double all) = (0, 0);
        foreach (IGrouping<string?, JudgedRow> cluster in rows.GroupBy(static row => row.Cluster))
        {
            double drawn = cluster.Count() / (double)cluster.Select(static row => row.Id).Distinct().Count();
            right += cluster.All(static row => row.Judgement.Score == 1) ? drawn : 0;
            all += drawn;
        }

        return right / all;
    }

    private static double Mean(IReadOnlyList<JudgedRow> rows) => rows.Sum(static row => row.Judgement.Score) / rows.Count;
}
