using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>A question that a report shows.</summary>
/// <param name="Row">The question with what came of it.</param>
/// <param name="Jpeg">Its image, small; null for none.</param>
internal sealed record ReportSample(JudgedRow Row, byte[]? Jpeg)
{
    private const int EachOutcome = 6;
    private const int LongestSide = 256;
    private const int Quality = 80;

    /// <summary>Chooses some rows of each outcome, spread over all of them.</summary>
    /// <param name="rows">All questions with their outcomes.</param>
    /// <param name="imageOf">Reads the image of the row at a place; null for none.</param>
    internal static IReadOnlyList<ReportSample> Choose(IReadOnlyList<JudgedRow> rows, Func<int, RgbImage?> imageOf)
    {
        List<ReportSample> samples = [];
        foreach (Outcome outcome in Enum.GetValues<Outcome>())
        {
            int[] places = [.. Enumerable.Range(0, rows.Count).Where(i => rows[i].Judgement.Outcome == outcome)];
            int count = Math.Min(places.Length, EachOutcome);
            samples.AddRange(Enumerable.Range(0, count).Select(i => places[(int)((long)i * places.Length / count)])
                .Select(place => new ReportSample(rows[place], imageOf(place) is { } image ? ImageFile.EncodeJpeg(Small(image), Quality) : null)));
        }

        return samples;
    }

    private static RgbImage Small(RgbImage image)
    {
        double scale = LongestSide / (double)Math.Max(image.Width, image.Height);
        return scale >= 1 ? image : BicubicResize.Resize(
            image, Math.Max(1, (int)Math.Round(scale * image.Width)), Math.Max(1, (int)Math.Round(scale * image.Height)));
    }
}
