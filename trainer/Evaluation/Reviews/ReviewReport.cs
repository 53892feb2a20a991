using System.Globalization;

namespace LlavaCuda.Trainer.Evaluation.Reviews;

/// <summary>Prints what judgements come to, next to the paper's figures.</summary>
internal static class ReviewReport
{
    private const string CocoNote = "LLaVA-Bench (COCO) in the paper: conv, detail, complex, all";
    private const string WildNote = "LLaVA-Bench (In-the-Wild) as published: conv, detail, complex, all";

    private static readonly string[] Coco =
    [
        "  full data               83.1  75.3  96.5  85.1",
        "  detail + complex        81.5  73.3  90.8  81.9",
        "  conv + 5 % detail + 10 % complex  81.0  68.4  91.5  80.5",
        "  conv only               76.5  59.8  84.9  73.8",
        "  no instruction tuning   22.0  24.0  18.5  21.5",
    ];

    private static readonly string[] Wild =
    [
        "  OpenFlamingo      19.3±0.5  19.0±0.5  19.1±0.7  19.1±0.4",
        "  BLIP-2            54.6±1.4  29.1±1.2  32.9±0.7  38.1±1.0",
        "  LLaVA             57.3±1.9  52.5±6.3  81.7±1.8  67.3±2.0",
        "  LLaVA, judged 3x  58.8±0.6  49.2±0.8  81.4±0.3  66.7±0.3",
        "  LLaVA-1.5 7B      all 65.4;  LLaVA-1.5 13B  all 72.5",
    ];

    /// <summary>Prints the summary of a review file.</summary>
    /// <param name="output">Where.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="reviews">Its judgements.</param>
    internal static void Print(TextWriter output, string name, IReadOnlyCollection<Review> reviews)
    {
        string?[] judges = [.. reviews.Select(static r => r.Judge).Distinct()];
        output.WriteLine(
            judges is [{ } judge] ? $"{name}, judged by {judge}" : judges.Length > 1
            ? $"{name}, judged by several: {string.Join(", ", judges.Select(static j => j ?? "unknown"))}" : name);
        output.WriteLine($"{"category",-22} {"judged",7} {"failed",7} {"relative",12} {"answer 1",9} {"answer 2",9}");
        List<ReviewFigures> figures = ReviewSummary.Of(reviews);
        foreach (ReviewFigures row in figures)
        {
            string spread = double.IsNaN(row.Deviation) ? string.Empty
                : string.Create(CultureInfo.InvariantCulture, $"±{row.Deviation:F1}");
            output.WriteLine(
                $"{row.Category,-22} {row.Judged,7} {row.Failed,7} {Shown(row.Relative) + spread,12} {Shown(10 * row.First),9} {Shown(10 * row.Second),9}");
        }

        output.WriteLine("relative: 100 times the mean score of answer 2 over that of answer 1; the scores are means, times 10.");
        if (figures[0].Means.Count > 1)
        {
            output.WriteLine($"±: standard deviation between {figures[0].Means.Count} repetitions.");
        }

        foreach (IGrouping<string, Review> failure in reviews.Where(static r => r.Scores is null).GroupBy(static r => r.Failure!)
            .OrderByDescending(static g => g.Count()))
        {
            output.WriteLine($"failed, {failure.Key}: {failure.Count()} (first: question {failure.First().QuestionId})");
        }

        if (ReviewSummary.Bias(reviews) is { } bias)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"position: shown first, an answer gets {bias.Gain:+0.00;-0.00;0.00} points; of {bias.Pairs} questions judged in both orders, {bias.Same} have the same winner, {bias.FirstWins} whichever is first, {bias.SecondWins} whichever is second."));
        }

        PrintPaper(output, figures);
    }

    private static string Shown(double value) => double.IsFinite(value) ? value.ToString("F1", CultureInfo.InvariantCulture) : "-";

    private static void PrintPaper(TextWriter output, List<ReviewFigures> figures)
    {
        HashSet<string> categories = [.. figures.Select(static f => f.Category)];
        (string Note, string[] Rows)? paper = categories.Overlaps(["conv", "detail", "complex"]) ? (CocoNote, Coco)
            : categories.Overlaps(["llava_bench_conv", "llava_bench_detail", "llava_bench_complex"]) ? (WildNote, Wild)
            : null;
        if (paper is var (note, rows))
        {
            output.WriteLine($"{note} (judged by gpt-4-0314, which is gone: other judges give other figures)");
            Array.ForEach(rows, output.WriteLine);
        }
    }
}
