using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Charts;

/// <summary>Draws the losses of one or more stages over their steps: each a smoothed line on the faint raw one.</summary>
internal static class LossChart
{
    private const string Meaning = "Strong: the mean around each step; pale: the loss of every step";

    // On a linear axis a loss that falls by more than this is a line along the bottom.
    private const double WideRange = 30;

    /// <summary>Draws the chart and writes it as PNG.</summary>
    internal static void Write(string path, string title, IReadOnlyList<LossSeries> series, bool? logarithmic = null) =>
        ImageFile.Write(path, Draw(title, series, logarithmic));

    /// <summary>
    /// Draws the chart; whether losses are on a logarithmic axis is found from their range unless said. Losses that are not finite are left
    /// out.
    /// </summary>
    internal static RgbImage Draw(string title, IReadOnlyList<LossSeries> series, bool? logarithmic = null)
    {
        List<ChartLine> lines = [];
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        for (int i = 0; i < series.Count; i++)
        {
            ChartPoint[] line = series[i].Smoothed();
            foreach (ChartPoint point in line)
            {
                (low, high) = (Math.Min(low, point.Y), Math.Max(high, point.Y));
            }

            if (!series[i].IsSparse)
            {
                lines.Insert(0, new ChartLine(series[i].Name, series[i].Points, LineLook.Faint, i));
            }

            lines.Add(new ChartLine(series[i].Name, line, series[i].IsSparse ? LineLook.Dots : LineLook.Plain, i));
        }

        LineChart chart = new(title, "step", "loss", lines)
        {
            LogY = low > 0 && (logarithmic ?? high / low > WideRange),
            WholeX = true,
            Note = lines.Exists(static line => line.Look == LineLook.Faint) ? Meaning : null,
        };
        return chart.Draw();
    }
}
