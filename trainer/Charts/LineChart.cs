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
        DrawnLine[] lines = [.. Lines.Select(line => new DrawnLine(line, LogX, LogY))];
        DrawnLine[] there = [.. lines.Where(static line => !line.IsEmpty)];
        if (there.Length == 0)
        {
            return page.DrawEmpty();
        }

        ChartAxis x = ChartAxis.Over(there.Min(static line => line.Left), there.Max(static line => line.Right), LogX, margin: 0.01);
        ChartAxis y = YAxis(there);
        Plot plot = ChartPlot.Create();
        ChartPlot.Axes(plot, x, y, XLabel, WholeX);
        plot.Axes.Right.MinimumSize = ChartPage.Margin;
        plot.Axes.Top.MinimumSize = YLabelHeight;
        ((AxisBase)plot.Axes.Bottom).PaddingOutsideAxisLabels = new(2, 8);
        ChartPlot.Levels(plot, y, x.To, PlotHeight, [.. Drawn(Levels)]);
        for (int i = 0; i < Lines.Count; i++)
        {
            if (!lines[i].IsEmpty)
            {
                (double[] xs, double[] ys) = lines[i].Pick(x, y, ChartPage.Width * ChartPage.Scale);
                Add(plot, Lines[i], xs, ys);
            }
        }

        TextBlock label = new(YLabel, ChartPlot.TextSize, ChartPage.Width - (2 * ChartPage.Margin), mostLines: 1);
        return page.Draw(plot, PlotHeight, (canvas, top) => label.Draw(canvas, ChartPage.Margin, top + 2, ChartColours.Quiet));
    }

    private IEnumerable<ChartLevel> Drawn(IReadOnlyList<ChartLevel> levels) => levels.Where(level => ChartAxis.Takes(level.Value, LogY));

    private ChartAxis YAxis(DrawnLine[] lines)
    {
        if (YRange is { } range)
        {
            return ChartAxis.Over(range.From, range.To, LogY, margin: 0);
        }

        double[] levels = [.. Drawn(Levels).Select(static level => level.Value)];
        double low = lines.Select(static line => line.Low).Concat(levels).Min();
        double high = lines.Select(static line => line.High).Concat(levels).Max();
        bool fromZero = !LogY && low >= 0 && low < high / 2;
        ChartAxis axis = ChartAxis.Over(fromZero ? 0 : low, high, LogY, margin: 0.04);
        return fromZero ? axis.Beginning(0) : axis;
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
        ScottPlot.Plottables.Scatter drawn = plot.Add.ScatterLine(xs, ys, line.Look == LineLook.Faint ? colour.WithAlpha(0.28) : colour);
        drawn.LineWidth = line.Look == LineLook.Faint ? 0.6f : 2;
        if (line.Look == LineLook.Dots || xs.Length == 1)
        {
            plot.Add.Markers(xs, ys, MarkerShape.FilledCircle, 7, colour);
        }
    }
}
