using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Charts;

/// <summary>Draws the losses of one or more stages over their steps: each a smoothed line on the faint raw one.</summary>
internal static class LossChart
{
    private const int Width = 1000;
    private const int Height = 600;
    private const int LegendLine = 34;
    private const int LegendGap = 36;
    private static readonly Box Plot = new(84, 92, Width - 28, Height - 64);

    private static readonly Colour[] Colours =
    [
        new(37, 99, 235), new(217, 96, 12), new(13, 148, 110), new(160, 50, 180), new(185, 28, 60), new(90, 100, 20),
    ];

    /// <summary>Draws the chart and writes it as PNG.</summary>
    internal static void Write(string path, string title, IReadOnlyList<LossSeries> series, bool? logarithmic = null) =>
        ImageFile.Write(path, Draw(title, series, logarithmic));

    /// <summary>Draws the chart; whether losses are on a logarithmic axis is found from their range unless said. Losses that are not finite are left out.</summary>
    internal static RgbImage Draw(string title, IReadOnlyList<LossSeries> series, bool? logarithmic = null)
    {
        Canvas canvas = new(Width, Height, Colour.White);
        canvas.Text(Plot.Left, 20, title, Colour.Ink, scale: 3);
        DrawLegend(canvas, series);

        List<LossPoint>[] smoothed = [.. series.Select(one => one.Smoothed())];
        LossPoint[] points = [.. smoothed.SelectMany(line => line)];
        if (points.Length == 0)
        {
            canvas.Text(Plot.Left, Plot.Top + 40, "no steps yet", Colour.Quiet);
            return canvas.Image;
        }

        Axis steps = Axis.Linear(points.Min(point => point.Step), points.Max(point => point.Step), 8, widen: false);
        Axis losses = LossAxis(series, points, logarithmic);
        DrawGrid(canvas, steps, losses);

        // A dot on the edge is seen whole.
        canvas.Clip = new Box(Plot.Left - 5, Plot.Top - 5, Plot.Right + 5, Plot.Bottom + 5);
        for (int i = 0; i < series.Count; i++)
        {
            Colour colour = Colours[i % Colours.Length];
            if (!series[i].IsSparse)
            {
                canvas.Line(Places([.. series[i].Points.Where(point => double.IsFinite(point.Loss))], steps, losses), 1, colour, 0.28);
            }

            (double X, double Y)[] line = Places(smoothed[i], steps, losses);
            canvas.Line(line, 2.6, colour);
            if (series[i].IsSparse)
            {
                Array.ForEach(line, place => canvas.Dot(place, 4.5, colour));
            }
        }

        return canvas.Image;
    }

    /// <summary>Takes in every smoothed loss and all but the wildest raw ones, which would leave the rest of the chart empty.</summary>
    private static Axis LossAxis(IReadOnlyList<LossSeries> series, LossPoint[] smoothed, bool? logarithmic)
    {
        double[] raw = [.. series.SelectMany(one => one.Points).Select(point => point.Loss).Where(double.IsFinite).Order()];
        double low = Math.Min(raw[raw.Length / 100], smoothed.Min(point => point.Loss));
        double high = Math.Max(raw[raw.Length - 1 - (raw.Length / 100)], smoothed.Max(point => point.Loss));
        if (low > 0 && (logarithmic ?? high / low > 30))
        {
            return Axis.Logarithmic(low, high);
        }

        return Axis.Linear(low > 0 && low < high / 2 ? 0 : low, high, 7, widen: true);
    }

    private static void DrawGrid(Canvas canvas, Axis steps, Axis losses)
    {
        foreach (double tick in losses.Ticks)
        {
            int y = (int)Math.Round(PlaceY(losses, tick));
            canvas.Fill(new Box(Plot.Left, y, Plot.Right, y + 1), Colour.Grid);
            string label = Axis.Label(tick);
            canvas.Text(Plot.Left - 12 - Canvas.TextWidth(label), y - Font.CapHeight, label, Colour.Quiet);
        }

        foreach (double tick in steps.Ticks)
        {
            int x = (int)Math.Round(PlaceX(steps, tick));
            canvas.Fill(new Box(x, Plot.Top, x + 1, Plot.Bottom), Colour.Grid);
            string label = Axis.Label(tick);
            int left = Math.Min(x - (Canvas.TextWidth(label) / 2), Width - 4 - Canvas.TextWidth(label));
            canvas.Text(left, Plot.Bottom + 10, label, Colour.Quiet);
        }

        canvas.Fill(new Box(Plot.Left, Plot.Top, Plot.Left + 1, Plot.Bottom + 1), Colour.Quiet);
        canvas.Fill(new Box(Plot.Left, Plot.Bottom, Plot.Right + 1, Plot.Bottom + 1), Colour.Quiet);
        canvas.Text(Plot.Left + ((Plot.Width - Canvas.TextWidth("step")) / 2), Plot.Bottom + 36, "step", Colour.Ink);
        canvas.Text(Plot.Left - 12 - Canvas.TextWidth("loss"), Plot.Top - 32, "loss", Colour.Ink);
    }

    private static void DrawLegend(Canvas canvas, IReadOnlyList<LossSeries> series)
    {
        int left = Plot.Right + LegendGap - series.Sum(one => LegendWidth(one.Name));
        for (int i = 0; i < series.Count; i++)
        {
            canvas.Fill(Box.Sized(left, 64, 24, 5), Colours[i % Colours.Length]);
            canvas.Text(left + LegendLine, 60, series[i].Name, Colour.Ink);
            left += LegendWidth(series[i].Name);
        }
    }

    private static int LegendWidth(string name) => LegendLine + Canvas.TextWidth(name) + LegendGap;

    private static (double X, double Y)[] Places(IReadOnlyList<LossPoint> points, Axis steps, Axis losses) =>
        [.. points.Select(point => (PlaceX(steps, point.Step) + 0.5, PlaceY(losses, point.Loss) + 0.5))];

    private static double PlaceX(Axis steps, double step) => Plot.Left + (steps.Place(step) * Plot.Width);

    private static double PlaceY(Axis losses, double loss) => Plot.Bottom - (losses.Place(loss) * Plot.Height);
}
