using System.Net;
using System.Text;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>The report of a run as one HTML file that needs no others: table, chart, and questions with their images.</summary>
internal static class BenchmarkPage
{
    private const string Style = """
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
        table { border-collapse: collapse } th, td { padding: .25rem .75rem; border-bottom: 1px solid #ddd; text-align: right }
        th:first-child, td:first-child { text-align: left } td { font-variant-numeric: tabular-nums } img { max-width: 100% }
        .sample { display: grid; grid-template-columns: 16rem 1fr; gap: 1rem; padding: .75rem 0; border-bottom: 1px solid #ddd }
        .sample p { margin: 0 0 .25rem; white-space: pre-wrap; overflow-wrap: anywhere }
        .right { color: #17692f } .wrong { color: #a3231f } .no, .not { color: #6b5200 }
        """;

    /// <summary>Writes it.</summary>
    /// <param name="title">What was evaluated.</param>
    /// <param name="subtitle">What that is.</param>
    /// <param name="facts">What the run was made from.</param>
    /// <param name="table">The table, its head first.</param>
    /// <param name="note">What is to be said of the table.</param>
    /// <param name="chart">The file of the chart, or null.</param>
    /// <param name="samples">Questions to show.</param>
    internal static string Write(
        string title, string subtitle, IReadOnlyList<string> facts, IEnumerable<string[]> table, string note, string? chart,
        IReadOnlyList<ReportSample> samples)
    {
        StringBuilder page = new("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
        page.Append($"<title>{Text(title)}</title>\n<style>\n{Style}\n</style></head><body>\n")
            .Append($"<h1>{Text(title)}</h1>\n<p>{Text(subtitle)}</p>\n<ul>\n")
            .AppendJoin(string.Empty, facts.Select(static fact => $"<li>{Text(fact)}</li>\n")).Append("</ul>\n<table>\n");
        foreach ((int index, string[] row) in table.Index())
        {
            string tag = index == 0 ? "th" : "td";
            page.Append("<tr>").AppendJoin(string.Empty, row.Select(cell => $"<{tag}>{Text(cell)}</{tag}>")).Append("</tr>\n");
        }

        page.Append($"</table>\n<p>{Text(note)}</p>\n");
        if (chart is not null)
        {
            page.Append($"<img alt=\"{Text(title)}\" src=\"data:image/png;base64,{Convert.ToBase64String(File.ReadAllBytes(chart))}\">\n");
        }

        page.Append(samples.Count > 0 ? "<h2>Some of the questions</h2>\n" : string.Empty);
        foreach (ReportSample sample in samples)
        {
            Append(page, sample);
        }

        return page.Append("</body></html>\n").ToString();
    }

    private static void Append(StringBuilder page, ReportSample sample)
    {
        JudgedRow row = sample.Row;
        string outcome = row.OutcomeName;
        page.Append("<div class=\"sample\"><div>")
            .Append(sample.Jpeg is { } jpeg ? $"<img alt=\"\" src=\"data:image/jpeg;base64,{Convert.ToBase64String(jpeg)}\">" : string.Empty)
            .Append($"</div><div><p>{Text(row.Prompt ?? string.Empty)}</p>")
            .Append($"<p class=\"{outcome.Split(' ')[0]}\"><b>{Text(outcome)}</b>: {Text(row.Text ?? "(no answer)")}</p>")
            .Append(row.Judgement.Outcome is Outcome.Unjudged or Outcome.Right ? string.Empty : $"<p>expected: {Text(row.Truth)}</p>")
            .Append($"<p><small>question {Text(row.Id)}</small></p></div></div>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
