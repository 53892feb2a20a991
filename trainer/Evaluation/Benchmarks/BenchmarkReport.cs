using System.Globalization;
using System.Text;
using LlavaCuda.Checkpoints;
using LlavaCuda.Trainer.Charts;
using LlavaCuda.Trainer.Evaluation.Statistics;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>A figure as tables and charts show it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value; NaN where it has none.</param>
/// <param name="Interval">Its 95 % interval.</param>
/// <param name="Right">The right answers.</param>
/// <param name="Wrong">The wrong answers.</param>
/// <param name="NoAnswer">The questions without an answer, or in whose answer none was found.</param>
internal sealed record ReportedFigure(string Name, double Value, Interval Interval, int Right, int Wrong, int NoAnswer)
{
    /// <summary>Gets a value indicating whether it is in percent, and not a total of the benchmark's own.</summary>
    internal bool IsPercent { get; init; } = true;

    /// <summary>Computes it.</summary>
    /// <param name="figure">The figure.</param>
    internal static ReportedFigure Of(BenchmarkFigure figure)
    {
        Interval interval = figure.Interval();
        return new ReportedFigure(
            figure.Name, figure.Scale * figure.Value, new Interval(figure.Scale * interval.Low, figure.Scale * interval.High),
            figure.Count(Outcome.Right), figure.Count(Outcome.Wrong), figure.Count(Outcome.NoAnswer))
        {
            IsPercent = figure.IsPercent,
        };
    }
}

/// <summary>The report of a run: a table for the terminal, Markdown, HTML and a chart.</summary>
/// <param name="title">What was evaluated.</param>
/// <param name="card">The benchmark's card.</param>
/// <param name="facts">What the run was made from, a line each.</param>
/// <param name="figures">The figures; none where nothing is judged here.</param>
/// <param name="samples">Questions to show with their images.</param>
internal sealed class BenchmarkReport(
    string title, BenchmarkCard card, IReadOnlyList<string> facts, IReadOnlyList<ReportedFigure> figures, IReadOnlyList<ReportSample> samples)
{
    internal const string MarkdownFile = "report.md", HtmlFile = "report.html", ChartFile = "figures.png";
    private const string Note =
        "The interval is the one of 95 % confidence: Wilson's where questions are right or not and independent, else from a bootstrap.";

    // Totals of a benchmark's own have another scale.
    private ReportedFigure[] Drawn => [.. figures.Where(static f => f.IsPercent)];

    private string[] PublishedModels => [.. card.Published.Select(static p => p.Model).Distinct()];

    /// <summary>Prints the table.</summary>
    /// <param name="output">Where.</param>
    internal void Print(TextWriter output)
    {
        string[][] rows = [.. Rows(published: false)];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))).TrimEnd());
        }
    }

    /// <summary>Writes the files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="warn">Receives why no chart could be drawn, a line.</param>
    internal void Write(string folder, Action<string> warn)
    {
        string chart = Path.Combine(folder, ChartFile);
        bool drawn = false;
        if (Drawn.Length > 0)
        {
            BarChart bars = new(title, "%", [.. Drawn.Select(static f => f.Name)],
                [new BarSeries("this run", [.. Drawn.Select(static f => new BarValue(f.Value, f.Interval.Low, f.Interval.High))])])
            {
                Note = $"{card.Title}; 95 % intervals",
                Range = (0, 100),
                Marks = [.. PublishedModels.Take(2).Select(model => new BarMarks(model, [.. Drawn.Select(f => Published(model, f.Name))]))],
            };
            drawn = OptionalChart.TryWrite(chart, bars.Draw, warn);
        }
        else
        {
            File.Delete(chart);
        }

        AtomicFile.Write(Path.Combine(folder, MarkdownFile), stream => stream.Write(Encoding.UTF8.GetBytes(Markdown(drawn))));
        AtomicFile.Write(Path.Combine(folder, HtmlFile), stream => stream.Write(
            Encoding.UTF8.GetBytes(BenchmarkPage.Write(title, card.Title, facts, Rows(published: true), Note, drawn ? chart : null, samples))));
    }

    private static string Percent(double value) => double.IsFinite(value) ? value.ToString("0.0", CultureInfo.InvariantCulture) : "-";

    private double Published(string model, string figure) =>
        card.Published.FirstOrDefault(p => p.Model == model && p.Figure == figure)?.Value ?? double.NaN;

    private IEnumerable<string[]> Rows(bool published)
    {
        string[] models = published ? PublishedModels : [];
        yield return ["figure", "value", "95 % interval", "right", "wrong", "no answer", .. models];
        foreach (ReportedFigure figure in figures)
        {
            yield return
            [
                figure.Name, Percent(figure.Value), $"{Percent(figure.Interval.Low)} to {Percent(figure.Interval.High)}",
                .. ((int[])[figure.Right, figure.Wrong, figure.NoAnswer]).Select(static n => n.ToString(CultureInfo.InvariantCulture)),
                .. models.Select(model => Percent(Published(model, figure.Name))),
            ];
        }
    }

    private string Markdown(bool drawn)
    {
        StringBuilder text = new($"# {Cell(title)}\n\n{Cell(card.Title)}\n\n");
        foreach (string fact in facts)
        {
            text.Append("- ").Append(Cell(fact)).Append('\n');
        }

        text.Append('\n');
        foreach ((int index, string[] row) in Rows(published: true).Index())
        {
            text.Append("| ").AppendJoin(" | ", row.Select(Cell)).Append(" |\n");
            if (index == 0)
            {
                text.Append("| --- ").Insert(text.Length, "| ---: ", row.Length - 1).Append("|\n");
            }
        }

        return text.Append(CultureInfo.InvariantCulture, $"\n{Note}\n{(drawn ? $"\n![{Cell(title)}]({ChartFile})\n" : string.Empty)}").ToString();

        static string Cell(string text) => text.Replace("<", "&lt;", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal);
    }
}
