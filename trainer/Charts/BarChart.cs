using System.Globalization;
using LlavaCuda.Images;
using ScottPlot;
using SkiaSharp;

namespace LlavaCuda.Trainer.Charts;

/// <summary>The value of a bar, and the interval around it; a value that is NaN has no bar, an end that is NaN no interval.</summary>
internal readonly record struct BarValue(double Value, double Low = double.NaN, double High = double.NaN)
{
    internal bool HasInterval => ChartAxis.Takes(Low) && ChartAxis.Takes(High);
}

/// <summary>Bars of one colour, one for each category.</summary>
internal sealed record BarSeries(string Name, IReadOnlyList<BarValue> Values);

/// <summary>Values to compare the bars with, a diamond in each category; NaN for none.</summary>
internal sealed record BarMarks(string Name, IReadOnlyList<double> Values);

/// <summary>
/// A chart of bars one below the other, with room for long names, their intervals, and marks to compare them with. Of more than 200 bars
/// the first are drawn, which the chart says.
/// </summary>
/// <param name="Title">Heads the chart.</param>
/// <param name="ValueLabel">What the values are, with their unit.</param>
/// <param name="Categories">The names at the left, from the top down.</param>
/// <param name="Series">The bars; each series has a value for each category.</param>
internal sealed record BarChart(string Title, string ValueLabel, IReadOnlyList<string> Categories, IReadOnlyList<BarSeries> Series)
{
    // Of longer charts few programs show the end.
    private const int MostBars = 200;

    private const float NameSize = 12.5f;
    private const float ValueSize = 11.5f;
    private const float BarHeight = 17;
    private const float GroupGap = 12;
    private const float AxisHeight = 50;
    private const float WidestName = 260;

    /// <summary>Gets what else is to be said, below the title.</summary>
    internal string? Note { get; init; }

    /// <summary>Gets values to compare with.</summary>
    internal IReadOnlyList<BarMarks> Marks { get; init; } = [];

    /// <summary>Gets values to compare all bars with.</summary>
    internal IReadOnlyList<ChartLevel> Levels { get; init; } = [];

    /// <summary>Gets a value indicating whether intervals are spreads, written as ± half their width and not by their ends.</summary>
    internal bool IsSpread { get; init; }

    /// <summary>Gets how values are written.</summary>
    internal string Format { get; init; } = "0.0";

    /// <summary>Gets the range of values to show; null for that of the values, from zero.</summary>
    internal (double From, double To)? Range { get; init; }

    private int Shown => Math.Min(Categories.Count, Math.Max(1, MostBars / Math.Max(1, Series.Count)));

    /// <summary>Draws the chart and writes it as PNG or JPEG, by the ending; the file appears only when it is whole.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DllNotFoundException">SkiaSharp's library cannot be loaded.</exception>
    /// <exception cref="ArgumentException">A series or marks have not one value for each category.</exception>
    internal void Write(string path) => ImageFile.Write(path, Draw());

    /// <summary>Draws the chart.</summary>
    /// <exception cref="DllNotFoundException">SkiaSharp's library cannot be loaded.</exception>
    /// <exception cref="ArgumentException">A series or marks have not one value for each category.</exception>
    internal RgbImage Draw()
    {
        Check();
        SkiaLibrary.Require();
        List<LegendEntry> legend =
        [
            .. Marks.Select(static (marks, i) => new LegendEntry(marks.Name, MarkColour(i), LegendMark.Diamond)),
            .. Levels.Select(static level => new LegendEntry(level.Name, ChartColours.Ink, LegendMark.Dashes)),
        ];
        if (Series.Count > 1 || legend.Count > 0)
        {
            legend.InsertRange(0, Series.Select((series, i) => new LegendEntry(series.Name, ChartColours.OfBars(i), LegendMark.Bar)));
        }

        TextBlock[] names = [.. Categories.Take(Shown).Select(static name => new TextBlock(name, NameSize, WidestName, mostLines: 3))];
        string cut = Categories.Count > Shown
            ? string.Create(CultureInfo.InvariantCulture, $"The first {Shown} of {Categories.Count:N0} categories.")
            : string.Empty;
        string lacking = names.Any(static name => name.HasReplacements) ? ChartFont.ReplacementNote : string.Empty;
        string note = string.Join(' ', new[] { Note, cut, lacking }.Where(static part => !string.IsNullOrEmpty(part)));
        ChartPage page = new(Title, note, legend);
        if (Shown == 0 || Series.Count == 0)
        {
            return page.DrawEmpty();
        }

        TextBlock[][] values = Texts(value => ChartAxis.Takes(value.Value) ? Text(value.Value) : "\u2013");
        TextBlock[][] intervals = Texts(Interval);
        float rowHeight = Math.Max(names.Max(name => name.Height), Series.Count * BarHeight) + GroupGap;
        float nameWidth = names.Max(name => name.Width), valueWidth = values.Max(series => series.Max(value => value.Width));
        float intervalWidth = intervals.Max(series => series.Max(interval => interval.Width));
        float textWidth = valueWidth + (intervalWidth == 0 ? 0 : intervalWidth + 6);
        Plot plot = ChartPlot.Create();
        ChartAxis axis = ValueAxis();
        ChartPlot.Axes(plot, axis, ChartAxis.Over(-Shown, 0, logarithmic: false, margin: 0), ValueLabel);
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.EmptyTickGenerator();
        plot.Axes.Bottom.FrameLineStyle.IsVisible = false;
        float dataLeft = ChartPage.Margin + nameWidth + 12, dataHeight = Shown * rowHeight;
        plot.Layout.Fixed(new PixelPadding(dataLeft, ChartPage.Margin + textWidth + 12, AxisHeight, GroupGap / 2));
        double unit = BarHeight / rowHeight;
        for (int series = 0; series < Series.Count; series++)
        {
            AddBars(plot, series, unit, axis.From);
        }

        foreach (ChartLevel level in Levels.Where(static level => ChartAxis.Takes(level.Value)))
        {
            ChartPlot.Level(plot, level.Value);
        }

        plot.Add.VerticalLine(Math.Max(axis.From, 0), 1, ChartPlot.Of(ChartColours.Quiet));
        for (int i = 0; i < Marks.Count; i++)
        {
            Coordinates[] places =
            [
                .. Marks[i].Values.Take(Shown).Select(static (value, row) => new Coordinates(value, -row - 0.5))
                    .Where(static place => ChartAxis.Takes(place.X)),
            ];
            plot.Add.Markers(places, MarkerShape.FilledDiamond, 11, Colors.White);
            plot.Add.Markers(places, MarkerShape.FilledDiamond, 8, ChartPlot.Of(MarkColour(i)));
        }

        return page.Draw(plot, (GroupGap / 2) + dataHeight + AxisHeight, (canvas, top) =>
        {
            for (int row = 0; row < Shown; row++)
            {
                float middle = top + (GroupGap / 2) + ((row + 0.5f) * rowHeight);
                names[row].Draw(canvas, dataLeft - 12, middle - (names[row].Height / 2), ChartColours.Ink, SKTextAlign.Right);
                for (int series = 0; series < Series.Count; series++)
                {
                    TextBlock value = values[series][row];
                    float y = middle + ((series - ((Series.Count - 1) / 2f)) * BarHeight);
                    float right = ChartPage.Width - ChartPage.Margin;
                    SKColor colour = Series.Count > 1 ? ChartColours.OfSeries(series) : ChartColours.Ink;
                    value.Draw(canvas, right - textWidth + valueWidth, y - (value.Height / 2), colour, SKTextAlign.Right);
                    intervals[series][row].Draw(canvas, right, y - (value.Height / 2), ChartColours.Quiet, SKTextAlign.Right);
                }
            }
        });
    }

    private static SKColor MarkColour(int index) => index == 0 ? ChartColours.Ink : ChartColours.OfSeries(4 + (index * 5));

    private TextBlock[][] Texts(Func<BarValue, string> text) =>
    [
        .. Series.Select(series => series.Values.Take(Shown).Select(value => new TextBlock(text(value), ValueSize, ChartPage.Width)))
            .Select(static texts => texts.ToArray()),
    ];

    private string Interval(BarValue value) => !value.HasInterval ? string.Empty
        : IsSpread ? $"\u00b1 {Text((value.High - value.Low) / 2)}"
        : $"[{Text(value.Low)}, {Text(value.High)}]";

    private string Text(double value)
    {
        if (Math.Abs(value) >= 1e7)
        {
            return ChartAxis.Label(value);
        }

        string text = Math.Abs(value).ToString(Format, CultureInfo.InvariantCulture);
        return value < 0 && text.AsSpan().IndexOfAnyInRange('1', '9') >= 0 ? ChartAxis.Minus + text : text;
    }

    private ChartAxis ValueAxis()
    {
        if (Range is { } range)
        {
            return ChartAxis.Over(range.From, range.To, logarithmic: false, margin: 0);
        }

        double[] all =
        [
            0,
            .. from series in Series
               from bar in series.Values.Take(Shown)
               from value in new[] { bar.Value, bar.Low, bar.High }
               where ChartAxis.Takes(value)
               select value,
            .. Marks.SelectMany(marks => marks.Values.Take(Shown)).Where(static value => ChartAxis.Takes(value)),
            .. Levels.Select(static level => level.Value).Where(static value => ChartAxis.Takes(value)),
        ];
        double low = all.Min(), high = all.Max(), free = (high - low) * 0.04;
        return ChartAxis.Over(low < 0 ? low - free : 0, high > 0 ? high + free : 0, logarithmic: false, margin: 0);
    }

    private void AddBars(Plot plot, int series, double unit, double from)
    {
        Color colour = ChartPlot.Of(ChartColours.OfBars(series));
        double shift = (series - ((Series.Count - 1) / 2.0)) * unit;
        for (int row = 0; row < Shown; row++)
        {
            BarValue bar = Series[series].Values[row];
            (double value, double low, double high) = bar;
            double place = -row - 0.5 - shift;
            if (ChartAxis.Takes(value))
            {
                plot.Add.Bar(new Bar
                {
                    Position = place,
                    Value = value,
                    ValueBase = Math.Max(from, 0),
                    Size = unit * 0.86,
                    FillColor = colour,
                    LineWidth = 0,
                    Orientation = Orientation.Horizontal,
                });
            }

            if (bar.HasInterval)
            {
                Whisker(plot, low, place, high, place);
                Whisker(plot, low, place - (unit * 0.2), low, place + (unit * 0.2));
                Whisker(plot, high, place - (unit * 0.2), high, place + (unit * 0.2));
            }
        }
    }

    private static void Whisker(Plot plot, double x1, double y1, double x2, double y2)
    {
        ScottPlot.Plottables.LinePlot line = plot.Add.Line(x1, y1, x2, y2);
        line.Color = ChartPlot.Of(ChartColours.Ink);
        line.LineWidth = 1.2f;
        line.MarkerSize = 0;
    }

    private void Check()
    {
        IEnumerable<(string Name, int Count)> counts = Series.Select(static series => (series.Name, series.Values.Count));
        foreach ((string name, int count) in counts.Concat(Marks.Select(static marks => (marks.Name, marks.Values.Count))))
        {
            if (count != Categories.Count)
            {
                throw new ArgumentException($"{name} has {count} values for {Categories.Count} categories.");
            }
        }
    }
}
