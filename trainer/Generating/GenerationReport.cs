using System.Globalization;
using System.Net;
using System.Text;
using LlavaCuda.Checkpoints;
using LlavaCuda.Trainer.Asking;
using LlavaCuda.Trainer.Terminal;

namespace LlavaCuda.Trainer.Generating;

/// <summary>The report of a run, as Markdown and, with images, as a page.</summary>
internal static class GenerationReport
{
    internal const string MarkdownFile = "report.md";
    internal const string PageFile = "report.html";
    private const int ShownOpenings = 15;
    private const long LargestImage = 2 << 20;

    /// <summary>Writes both files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="statistics">The counts.</param>
    /// <param name="model">Who answered.</param>
    /// <param name="price">What tokens cost, or null.</param>
    /// <param name="images">The folder of images, or null.</param>
    internal static void Write(string folder, GenerationStatistics statistics, string model, CallPrice? price, string? images)
    {
        AtomicFile.Write(Path.Combine(folder, MarkdownFile), stream => Text(stream, Markdown(statistics, model, price)));
        AtomicFile.Write(Path.Combine(folder, PageFile), stream => Text(stream, Page(statistics, model, price, images)));
    }

    /// <summary>Sums up a run in a line for each type.</summary>
    /// <param name="statistics">The counts.</param>
    internal static IEnumerable<string> Lines(GenerationStatistics statistics)
    {
        foreach ((ResponseType type, TypeCounts counts) in statistics.Types)
        {
            string open = counts.Open == 0 ? string.Empty : Invariant($", {counts.Open} still open ({counts.WhyOpen})");
            yield return Invariant(
                $"{type.Name,-12} {counts.Made,6} samples of {counts.Asked} requests, {counts.Useless} of no use{open}");
        }
    }

    private static void Text(Stream stream, string text) => stream.Write(Encoding.UTF8.GetBytes(text));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<(string Title, string[] Head, List<string[]> Rows)> Tables(GenerationStatistics statistics)
    {
        yield return (
            "Samples",
            ["type", "samples", "requests", "of no use", "still open", "questions", "words a question", "words an answer"],
            [.. statistics.Types.Select(static t => (string[])
            [
                t.Type.Name, Whole(t.Counts.Made), Whole(t.Counts.Asked), Whole(t.Counts.Useless), Whole(t.Counts.Open),
                Whole(t.Counts.Questions), Mean(t.Counts.QuestionWords, t.Counts.Questions), Mean(t.Counts.AnswerWords, t.Counts.Questions),
            ])]);
        yield return ("Not used", ["type", "reason", "parts"], Counted(statistics, static counts => counts.Dropped, int.MaxValue));
        yield return ("Repaired", ["type", "what", "replies"], Counted(statistics, static counts => counts.Repairs, int.MaxValue));
        yield return (
            "How questions begin", ["type", "words", "questions"], Counted(statistics, static counts => counts.Openings, ShownOpenings));
    }

    private static List<string[]> Counted(GenerationStatistics statistics, Func<TypeCounts, Dictionary<string, int>> of, int most) =>
        [.. statistics.Types.SelectMany(t => of(t.Counts).OrderByDescending(static pair => pair.Value)
            .ThenBy(static pair => pair.Key, StringComparer.Ordinal).Take(most)
            .Select(pair => (string[])[t.Type.Name, pair.Key, Whole(pair.Value)]))];

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Mean(long sum, long count) => count == 0 ? "-" : Invariant($"{(double)sum / count:0.0}");

    private static string Summary(GenerationStatistics statistics, string model, CallPrice? price)
    {
        CallUsage used = statistics.Used;
        string cost = price is null ? string.Empty : Invariant($", {price.Of(used):0.00} by the given prices");
        return Invariant(
            $"Answered by {model}: {used.Prompt + used.BatchPrompt} tokens sent, {used.Answer + used.BatchAnswer} received{cost}.");
    }

    private static string Markdown(GenerationStatistics statistics, string model, CallPrice? price)
    {
        StringBuilder text = new();
        text.Append("# Instruction data\n\n").Append(Cell(Summary(statistics, model, price))).Append('\n');
        foreach ((string title, string[] head, List<string[]> rows) in Tables(statistics).Where(static table => table.Rows.Count > 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n");
            foreach (string[] row in (string[][])[head, [.. head.Select(static _ => "---")], .. rows])
            {
                text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row.Select(Cell))} |\n");
            }
        }

        text.Append("\n## Some samples\n");
        foreach (GeneratedSample sample in statistics.Shown)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n### {sample.Type.Name}, {Cell(sample.File)}\n");
            foreach ((string question, string answer) in sample.Pairs)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n**{Cell(question)}**\n\n{Quote(answer)}\n");
            }
        }

        return text.ToString();
    }

    private static string Cell(string text) => Plain(TerminalText.Line(text)).Replace("|", "\\|", StringComparison.Ordinal);

    private static string Quote(string text) =>
        string.Join('\n', text.Split('\n').Select(static line => $"> {Plain(TerminalText.Clean(line))}"));

    // What a model wrote is no markup.
    private static string Plain(string text) => text.Replace("<", "&lt;", StringComparison.Ordinal);

    private static string Page(GenerationStatistics statistics, string model, CallPrice? price, string? images)
    {
        StringBuilder page = new();
        page.Append("""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Instruction data</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
            table { border-collapse: collapse; margin: 0 0 2rem }
            th, td { padding: .25rem .75rem; border-bottom: 1px solid #ddd; text-align: left }
            td { font-variant-numeric: tabular-nums } article { display: flex; gap: 1rem; margin: 0 0 2rem; flex-wrap: wrap }
            article img { width: 18rem; height: auto; align-self: flex-start } article div { flex: 1 1 20rem; min-width: 0 }
            dt { font-weight: 600 } dd { margin: 0 0 .75rem; white-space: pre-wrap; overflow-wrap: anywhere }
            </style></head><body>
            <h1>Instruction data</h1>

            """);
        page.Append(CultureInfo.InvariantCulture, $"<p>{Html(Summary(statistics, model, price))}</p>\n");
        foreach ((string title, string[] head, List<string[]> rows) in Tables(statistics).Where(static table => table.Rows.Count > 0))
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{title}</h2>\n<table>{Row(head, "th")}\n");
            rows.ForEach(row => page.Append(Row(row, "td")).Append('\n'));
            page.Append("</table>\n");
        }

        page.Append("<h2>Some samples</h2>\n");
        foreach (GeneratedSample sample in statistics.Shown)
        {
            page.Append("<article>").Append(Image(images, sample.File));
            page.Append(CultureInfo.InvariantCulture, $"<div><h3>{sample.Type.Name}, {Html(sample.File)}</h3><dl>");
            foreach ((string question, string answer) in sample.Pairs)
            {
                page.Append(CultureInfo.InvariantCulture, $"<dt>{Html(question)}</dt><dd>{Html(answer)}</dd>");
            }

            page.Append("</dl></div></article>\n");
        }

        return page.Append("</body></html>\n").ToString();
    }

    private static string Row(string[] cells, string tag) =>
        $"<tr>{string.Concat(cells.Select(cell => $"<{tag}>{Html(cell)}</{tag}>"))}</tr>";

    private static string Html(string text) => WebUtility.HtmlEncode(text);

    // Inside of the page, so that it can be sent as one file. An image that cannot be read, or is large, is left out.
    private static string Image(string? images, string file)
    {
        try
        {
            string? path = images is null ? null : Path.Combine(images, file);
            return path is null || new FileInfo(path).Length > LargestImage ? string.Empty
                : $"<img alt=\"{Html(file)}\" src=\"data:{Kind(path)};base64,{Convert.ToBase64String(File.ReadAllBytes(path))}\">";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    private static string Kind(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".PNG" => "image/png",
        ".WEBP" => "image/webp",
        ".GIF" => "image/gif",
        _ => "image/jpeg",
    };
}
