using System.Collections;
using DuckDB.NET.Data;
using LlavaCuda.Checkpoints;
using LlavaCuda.Trainer.Metrics;

namespace LlavaCuda.Trainer.Filtering;

/// <summary>How captions are chosen.</summary>
/// <param name="Least">How often a phrase occurs at least to count.</param>
/// <param name="Most">The most captions that a phrase brings.</param>
/// <param name="Seed">Chooses them.</param>
internal sealed record FilterRule(int Least, int Most, ulong Seed);

/// <summary>
/// The paper's choice of pretraining data (section 4.1 of the appendix): noun phrases are counted over all captions; those that occur
/// fewer than three times are passed over; of each other one all captions are taken, or a hundred at random where there are more. The
/// paper goes from the rarest to the most frequent and does not say whether captions that a rarer phrase brought count to a hundred;
/// here they do not, so that the order makes no difference.
/// </summary>
/// <param name="file">The captions.</param>
/// <param name="phrases">A file of their phrases; null for the built-in extractor.</param>
/// <param name="rule">How they are chosen.</param>
/// <param name="console">Receives progress.</param>
internal sealed class CaptionFilter(CaptionFile file, string? phrases, FilterRule rule, TextWriter console)
{
    internal const string DataFile = "pretrain.json";
    private const int Batch = 4096;

    /// <summary>Chooses captions and writes them.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>What was chosen.</returns>
    internal FilterReport Run(string folder, CancellationToken cancellation)
    {
        using PhraseTable table = new(folder, rule.Seed);
        using DuckDBConnection reader = table.OpenReader();
        long captions = Read(table, reader, cancellation);
        console.WriteLine("choosing captions by the frequency of their phrases");
        BitArray chosen = table.Choose(captions, rule.Least, rule.Most, cancellation);
        FilterReport report = FilterReport.Of(captions, chosen, table.Counts(chosen), cancellation);
        AtomicFile.Write(Path.Combine(folder, DataFile), stream => Write(stream, reader, chosen, cancellation));
        return report;
    }

    private long Read(PhraseTable table, DuckDBConnection reader, CancellationToken cancellation)
    {
        using CountLine line = new(console, "captions", null, ProgressStyle.OfConsole());
        using IEnumerator<List<string>>? given = phrases is null ? null : PhraseFile.Read(phrases).GetEnumerator();
        long number = 0;
        foreach (CaptionRow[] rows in file.Read(reader).Chunk(Batch))
        {
            HashSet<string>[] found = given is null
                ? [.. rows.AsParallel().AsOrdered().WithCancellation(cancellation)
                    .Select(static row => PhraseKey.Distinct(NounPhraseExtractor.Extract(row.Caption)))]
                : [.. rows.Select((_, i) => given.MoveNext() ? PhraseKey.Distinct(given.Current)
                    : throw new InvalidDataException($"{phrases} has {number + i} lists of phrases; there are more captions."))];
            foreach (HashSet<string> one in found)
            {
                table.Add(number++, one);
                line.Add();
            }

            cancellation.ThrowIfCancellationRequested();
        }

        return number == 0 ? throw new InvalidDataException("There are no captions.")
            : given?.MoveNext() == true ? throw new InvalidDataException($"{phrases} has more lists of phrases than the {number} captions.")
            : number;
    }

    private void Write(Stream stream, DuckDBConnection reader, BitArray chosen, CancellationToken cancellation)
    {
        CaptionWriter writer = new(stream, rule.Seed);
        writer.Begin();
        int number = 0;
        foreach (CaptionRow row in file.Read(reader))
        {
            cancellation.ThrowIfCancellationRequested();
            if (chosen[number])
            {
                writer.Write(number, row);
            }

            number++;
        }

        writer.End();
    }
}
