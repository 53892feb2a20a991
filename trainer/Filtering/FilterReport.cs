using System.Collections;
using System.Globalization;
using System.Text;
using LlavaCuda.Checkpoints;
using LlavaCuda.Trainer.Charts;

namespace LlavaCuda.Trainer.Filtering;

/// <summary>How phrases are covered before and after.</summary>
/// <param name="Captions">Captions before.</param>
/// <param name="Kept">Captions after.</param>
/// <param name="Phrases">Phrases that count.</param>
/// <param name="Frequent">The most frequent of them.</param>
/// <param name="Before">Captions with a phrase by the phrase's rank, at ranks that lie evenly on a logarithmic axis.</param>
/// <param name="After">The same, of captions that are kept.</param>
internal sealed record FilterReport(
    long Captions,
    long Kept,
    long Phrases,
    IReadOnlyList<PhraseCount> Frequent,
    IReadOnlyList<ChartPoint> Before,
    IReadOnlyList<ChartPoint> After)
{
    internal const string MarkdownFile = "report.md";
    internal const string ChartFile = "coverage.png";
    private const int Shown = 20;
    private const double Step = 1.02;

    /// <summary>Sums up.</summary>
    /// <param name="captions">The number of captions.</param>
    /// <param name="chosen">Which are kept.</param>
    /// <param name="counts">The counts of phrases, the most frequent first.</param>
    /// <param name="cancellation">Stops.</param>
    internal static FilterReport Of(long captions, BitArray chosen, IEnumerable<PhraseCount> counts, CancellationToken cancellation)
    {
        List<PhraseCount> frequent = [];
        List<ChartPoint> before = [], after = [];
        long rank = 0;
        double next = 1;
        foreach (PhraseCount count in counts)
        {
            cancellation.ThrowIfCancellationRequested();
            rank++;
            if (frequent.Count < Shown)
            {
                frequent.Add(count);
            }

            if (rank >= next)
            {
                before.Add(new ChartPoint(rank, count.Before));
                after.Add(new ChartPoint(rank, count.After));
                next = Math.Max(rank + 1, rank * Step);
            }
        }

        long kept = 0;
        for (int i = 0; i < chosen.Length; i++)
        {
            kept += chosen[i] ? 1 : 0;
        }

        return new FilterReport(captions, kept, rank, frequent, before, after);
    }

    /// <summary>Sums up in a line.</summary>
    internal string Line() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kept} of {Captions} captions are kept ({100.0 * Kept / Captions:0.0} %), by {Phrases} noun phrases");

    /// <summary>Writes the report and its chart.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="warn">Receives why there is no chart.</param>
    internal void Write(string folder, Action<string> warn)
    {
        LineChart chart = new("Coverage of noun phrases", "rank of the phrase", "captions that have it",
            [new ChartLine("all captions", Before), new ChartLine("captions that are kept", After)])
        {
            Note = Line(),
            LogX = true,
            LogY = true,
        };
        string image = OptionalChart.TryWrite(Path.Combine(folder, ChartFile), chart.Draw, warn) ? $"![coverage]({ChartFile})\n\n" : string.Empty;
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"# Captions chosen by noun phrases\n\n{Line()}.\n\n{image}");
        text.Append("| most frequent phrases | captions | kept |\n| --- | ---: | ---: |\n");
        foreach ((string phrase, long before, long after) in Frequent)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {phrase.Replace("|", "\\|", StringComparison.Ordinal)} | {before} | {after} |\n");
        }

        AtomicFile.Write(Path.Combine(folder, MarkdownFile), stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
