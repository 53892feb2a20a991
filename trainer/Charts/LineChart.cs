using LlavaCuda.Images;
using ScottPlot;
using ScottPlot.AxisPanels;
using SkiaSharp;

namespace LlavaCuda.Trainer.Charts;

/// <summary>A point of a line.</summary>
internal readonly record struct ChartPoint(double X, double Y);

/// <summary>How a line is drawn.</summary>
internal enum LineLook
{
    /// <summary>A line.</summary>
    Plain,

    /// <summary>A line with a dot at each point.</summary>
    Dots,

    /// <summary>A thin, pale line behind the others, which the legend leaves out.</summary>
    Faint,
}

/// <summary>A line of a chart.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">
/// Its points, by rising x. Those that are NaN, infinite (or beyond 1e100), or not positive on a logarithmic axis are left out.
/// </param>
/// <param name="Look">How it is drawn.</param>
/// <param name="Colour">The number of its colour; null for that of its place among the lines.</param>
internal sealed record ChartLine(string Name, IReadOnlyList<ChartPoint> Points, LineLook Look = LineLook.Plain, int? Colour = null);

/// <summary>A value to compare with: a dashed line across the chart, with its name.</summary>
internal sealed record ChartLevel(string Name, double Value);

/// <summary>A chart of lines over numbers. Millions of points are drawn as what can be seen of them: the range of each column.</summary>
/// <param name="Title">Heads the chart.</param>
/// <param name="XLabel">What x is, with its unit.</param>
/// <param name="YLabel">What y is, with its unit.</param>
/// <param name="Lines">The lines.</param>
internal sealed record LineChart(string Title, string XLabel, string YLabel, IReadOnlyList<ChartLine> Lines)
{
    private const float PlotHeight = 392;
    private const float YLabelHeight = 28;

    // So many points say where the wildest ones begin.
    private const int SampledPoints = 10_000;

    /// <summary>Gets what else is to be said, below the title.</summary>
    internal string? Note { get; init; }

    /// <summary>Gets values to compare with.</summary>
    internal IReadOnlyList<ChartLevel> Levels { get; init; } = [];

    /// <summary>Gets a value indicating whether x is on a logarithmic axis.</summary>
    internal bool LogX { get; init; }

    /// <summary>Gets a value indicating whether y is on a logarithmic axis.</summary>
    internal bool LogY { get; init; }

    /// <summary>Gets a value indicating whether x is counted: no tick lies between whole numbers.</summary>
    internal bool WholeX { get; init; }

    /// <summary>Gets the range of y to show; null for that of the points, from zero where that is near.</summary>
    internal (double From, double To)? YRange { get; init; }

    /// <summary>Draws the chart and writes it as PNG or JPEG, by the ending; the file appears only when it is whole.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DllNotFoundException">SkiaSharp's library cannot be loaded.</exception>
    /// <exception cref="ArgumentException">A line's points are not by rising x.</exception>
    internal void Write(string path) => ImageFile.Write(path, Draw());

    /// <summary>Draws the chart.</summary>
    /// <exception cref="DllNotFoundException">SkiaSharp's library cannot be loaded.</exception>
    /// <exception cref="ArgumentException">A line's points are not by rising x.</exception>
    internal RgbImage Draw()
    {
        SkiaLibrary.Require();
        ChartLine[] named = [.. Lines.Where(line => line.Look != LineLook.Faint)];
        ChartPage page = new(Title, Note, named.Length < 2 ? [] : [.. named.Select(line => new LegendEntry(line.Name, ColourOf(line)))]);
        (double[] X, double[] Y)[] points = [.. Lines.Select(Drawn)];
        if (points.All(line => line.X.Length == 0))
        {
            return page.DrawEmpty();
        }

        double[][] columns = [.. points.Select(static line => line.X).Where(static xs => xs.Length > 0)];
        ChartAxis x = ChartAxis.Over(columns.Min(static xs => xs[0]), columns.Max(static xs => xs[^1]), LogX, margin: 0.01);
        ChartAxis y = YAxis(points);
        Plot plot = ChartPlot.Create();
        ChartPlot.Axes(plot, x, y, XLabel, WholeX);
        plot.Axes.Right.MinimumSize = ChartPage.Margin;
        plot.Axes.Top.MinimumSize = YLabelHeight;
        ((AxisBase)plot.Axes.Bottom).PaddingOutsideAxisLabels = new(2, 8);
        ChartPlot.Levels(plot, y, x.To, PlotHeight, [.. Drawn(Levels)]);
        for (int i = 0; i < Lines.Count; i++)
        {
            if (points[i].X.Length > 0)
            {
                Add(plot, Lines[i], [.. points[i].X.Select(x.Place)], [.. points[i].Y.Select(y.PlaceNear)]);
            }
        }

        TextBlock label = new(YLabel, ChartPlot.TextSize, ChartPage.Width - (2 * ChartPage.Margin), mostLines: 1);
        return page.Draw(plot, PlotHeight, (canvas, top) => label.Draw(canvas, ChartPage.Margin, top + 2, ChartColours.Quiet));
    }

    private IEnumerable<ChartLevel> Drawn(IReadOnlyList<ChartLevel> levels) => levels.Where(level => ChartAxis.Takes(level.Value, LogY));

    private ChartAxis YAxis((double[] X, double[] Y)[] points)
    {
        if (YRange is { } range)
        {
            return ChartAxis.Over(range.From, range.To, LogY, margin: 0);
        }

        // Faint lines may leave the chart with the wildest hundredth of their points, which would leave no room for the rest.
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        for (int i = 0; i < points.Length; i++)
        {
            double[] values = points[i].Y;
            if (values.Length == 0)
            {
                continue;
            }

            if (Lines[i].Look == LineLook.Faint)
            {
                int every = Math.Max(1, values.Length / SampledPoints);
                values = [.. values.Where((_, place) => place % every == 0).Order()];
                values = values[(values.Length / 100)..(values.Length - (values.Length / 100))];
            }

            (low, high) = (Math.Min(low, values.Min()), Math.Max(high, values.Max()));
        }

        foreach (ChartLevel level in Drawn(Levels))
        {
            (low, high) = (Math.Min(low, level.Value), Math.Max(high, level.Value));
        }

        bool fromZero = !LogY && low >= 0 && low < high / 2;
        ChartAxis axis = ChartAxis.Over(fromZero ? 0 : low, high, LogY, margin: 0.04);
        return fromZero && low >= 0 ? axis.Beginning(0) : axis;
    }

    private (double[] X, double[] Y) Drawn(ChartLine line)
    {
        double[] xs = new double[line.Points.Count], ys = new double[line.Points.Count];
        int count = 0;
        foreach (ChartPoint point in line.Points)
        {
            if (!ChartAxis.Takes(point.X, LogX) || !ChartAxis.Takes(point.Y, LogY))
            {
                continue;
            }

            if (count > 0 && point.X < xs[count - 1])
            {
                throw new ArgumentException($"The points of {line.Name} are not by rising x: {point.X} comes after {xs[count - 1]}.");
            }

            (xs[count], ys[count++]) = (point.X, point.Y);
        }

        return (xs[..count], ys[..count]);
    }

    private SKColor ColourOf(ChartLine line)
    {
        int place = 0;
        foreach (ChartLine other in Lines)
        {
            if (ReferenceEquals(other, line))
            {
                break;
            }

            place += other.Look == LineLook.Faint ? 0 : 1;
        }

        return ChartColours.OfSeries(line.Colour ?? place);
    }

    private void Add(Plot plot, ChartLine line, double[] xs, double[] ys)
    {
        Color colour = Color.FromSKColor(ColourOf(line));
        ScottPlot.Plottables.SignalXY drawn = plot.Add.SignalXY(xs, ys, line.Look == LineLook.Faint ? colour.WithAlpha(0.28) : colour);
        drawn.LineWidth = line.Look == LineLook.Faint ? 0.6f : 2;
        if (line.Look == LineLook.Dots || xs.Length == 1)
        {
            plot.Add.Markers(xs, ys, MarkerShape.FilledCircle, 7, colour);
        }
    }
}
