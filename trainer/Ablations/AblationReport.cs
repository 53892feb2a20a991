using System.Globalization;
using System.Text;
using LlavaCuda.Checkpoints;
using LlavaCuda.Trainer.Charts;

namespace LlavaCuda.Trainer.Ablations;

/// <summary>Writes the ablations' table and plot.</summary>
internal static class AblationReport
{
    /// <summary>Name of the table's file.</summary>
    internal const string TableFile = "ablations.md";

    /// <summary>Name of the plot's file.</summary>
    internal const string PlotFile = "ablations.png";

    /// <summary>Writes the table as Markdown, and the plot next to it.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="rows">The rows; the first is what the others are compared with.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="seconds">How long it took.</param>
    /// <param name="device">On what.</param>
    internal static void Write(string folder, IReadOnlyList<AblationRow> rows, AblationOptions options, double seconds, string device)
    {
        double commonest = 100 * CommonestLetter(options);
        string text = string.Create(CultureInfo.InvariantCulture, $"""
            # Ablations at the quickstart's scale

            ![Accuracy of the variants]({PlotFile})

            {Table(rows)}
            Accuracy on {options.Questions} held-out problems, mean and standard deviation of {options.Seeds} seeds; naming one letter
            always gives at most {commonest:F1}. The paper's figures (table 8) are for ScienceQA and a 13B model; its smaller
            language model is a 7B. {seconds:F0} s on {device}.

            """);
        Plot(rows, options, commonest).Write(Path.Combine(folder, PlotFile));
        AtomicFile.Write(Path.Combine(folder, TableFile), stream => stream.Write(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n"))));
    }

    /// <summary>Makes the plot: means with their spread, and the paper's figures.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="commonest">The accuracy of always naming the commonest letter, percent.</param>
    internal static BarChart Plot(IReadOnlyList<AblationRow> rows, AblationOptions options, double commonest)
    {
        string seeds = options.Seeds == 1 ? "one seed" : $"mean and standard deviation of {options.Seeds} seeds";
        BarSeries ours = new("here", [.. rows.Select(static row => row.Accuracies.Count > 1
            ? new BarValue(row.Mean, row.Mean - row.Deviation, row.Mean + row.Deviation)
            : new BarValue(row.Mean))]);
        return new BarChart("Ablations at the quickstart's scale", "accuracy, %", [.. rows.Select(static row => row.Variant.Title)], [ours])
        {
            Note = $"{options.Questions} held-out problems, {seeds}",
            Marks = [new BarMarks("the paper (table 8, ScienceQA, 13B)", [.. rows.Select(static row => row.Variant.Paper)])],
            Levels = [new ChartLevel("always the commonest letter", commonest)],
            IsSpread = true,
        };
    }

    /// <summary>Writes the rows as a Markdown table.</summary>
    /// <param name="rows">The rows.</param>
    /// <returns>Lines, each with its end.</returns>
    internal static string Table(IReadOnlyList<AblationRow> rows)
    {
        StringBuilder text = new();
        text.Append("| variant | accuracy | difference | with image | no answer | paper | difference |\n| --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (AblationRow row in rows)
        {
            string difference = row == rows[0] ? string.Empty : Signed(row.Mean - rows[0].Mean, "F1");
            string paper = row == rows[0] ? string.Empty : Signed(row.Variant.Paper - rows[0].Variant.Paper, "F2");
            text.Append(CultureInfo.InvariantCulture, $"| {row.Variant.Title} | {row.Mean:F1} ± {row.Deviation:F1} | {difference} | {row.MeanWithImage:F1} | {row.NoAnswer:F1} | {row.Variant.Paper:F2} | {paper} |\n");
        }

        return text.ToString();
    }

    private static double CommonestLetter(AblationOptions options) => Enumerable.Range(options.FirstSeed, options.Seeds)
        .Max(seed => MadeUpProblems.Draw(seed + 1, options.Questions, heldOut: true).CountBy(static problem => problem.Letter).Max(letter => (double)letter.Value / options.Questions));

    private static string Signed(double value, string format) => (value < 0 ? "-" : "+") + Math.Abs(value).ToString(format, CultureInfo.InvariantCulture);
}
