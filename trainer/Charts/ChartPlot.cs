using ScottPlot;
using ScottPlot.AxisPanels;
using SkiaSharp;

namespace LlavaCuda.Trainer.Charts;

/// <summary>The look of all plots.</summary>
internal static class ChartPlot
{
    /// <summary>Size of the text at axes, units.</summary>
    internal const float TextSize = 12;

    /// <summary>Makes an empty plot.</summary>
    internal static Plot Create()
    {
        // Before ScottPlot is asked for anything, so that it never draws with a font of the system.
        _ = ChartFont.Family;
        Plot plot = new();
        plot.HideLegend();
        plot.RenderManager.ClearCanvasBeforeEachRender = false;
        plot.FigureBackground.Color = Colors.White;
        plot.DataBackground.Color = Colors.White;
        plot.Axes.Frame(false);
        plot.Grid.MajorLineColor = Of(ChartColours.Grid);
        plot.Grid.MajorLineWidth = 1;
        return plot;
    }

    /// <summary>Sets both axes.</summary>
    internal static void Axes(Plot plot, ChartAxis x, ChartAxis y, string xLabel, bool wholeX = false)
    {
        Style((AxisBase)plot.Axes.Bottom, xLabel);
        Style((AxisBase)plot.Axes.Left, string.Empty);
        plot.Axes.Bottom.TickGenerator = x.Ticks(0.45, wholeX);
        plot.Axes.Left.TickGenerator = y.Ticks(0.55);
        plot.Axes.Bottom.FrameLineStyle.IsVisible = true;
        plot.Axes.Bottom.FrameLineStyle.Color = Of(ChartColours.Quiet);
        plot.Axes.SetLimits(x.From, x.To, y.From, y.To);
    }

    /// <summary>
    /// Draws values of y to compare with, their names at the right end. Of some that lie close together the lowest has its name below, the
    /// others have theirs from the right to the left.
    /// </summary>
    internal static void Levels(Plot plot, ChartAxis y, double right, float height, IReadOnlyList<ChartLevel> levels)
    {
        ChartLevel[] sorted = [.. levels.OrderByDescending(static level => level.Value)];
        float shift = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            double place = y.Place(sorted[i].Value);
            TextBlock name = new(sorted[i].Name, TextSize, ChartPage.Width * 0.4f, mostLines: 1);
            bool nearAbove = i > 0 && IsNear(i - 1), isLowest = i == sorted.Length - 1 || !IsNear(i);
            bool below = nearAbove && isLowest;
            shift = nearAbove && !below ? shift : 0;
            plot.Add.HorizontalLine(place, 1, Of(ChartColours.Quiet), LinePattern.Dashed);
            ScottPlot.Plottables.Text text = plot.Add.Text(string.Concat(name.Lines), right, place);
            text.LabelFontSize = TextSize;
            text.LabelFontColor = Of(ChartColours.Quiet);
            text.LabelBackgroundColor = Colors.White;
            text.LabelStyle.SubpixelText = true;
            text.LabelAlignment = below ? Alignment.UpperRight : Alignment.LowerRight;
            text.OffsetX = -shift;
            text.OffsetY = below ? 3 : -3;
            shift += name.Width + 12;
        }

        // Whether a level lies so close to the next one that its name would lie on it.
        bool IsNear(int i) => (y.Place(sorted[i].Value) - y.Place(sorted[i + 1].Value)) / (y.To - y.From) * height < 2 * TextSize;
    }

    /// <summary>Draws a value of x to compare with, which the legend names.</summary>
    internal static void Level(Plot plot, double x) => plot.Add.VerticalLine(x, 1.2f, Of(ChartColours.Ink), LinePattern.DenselyDashed);

    /// <summary>A colour of ours as one of ScottPlot's.</summary>
    internal static Color Of(SKColor colour) => Color.FromSKColor(colour);

    private static string Line(string text, float width) => string.Concat(new TextBlock(text, TextSize, width, mostLines: 1).Lines);

    private static void Style(AxisBase axis, string label)
    {
        axis.LabelStyle.Text = Line(label, ChartPage.Width * 0.6f);
        axis.LabelStyle.Bold = false;
        axis.LabelStyle.FontSize = TextSize;
        axis.LabelStyle.ForeColor = Of(ChartColours.Quiet);
        axis.LabelStyle.SubpixelText = true;
        axis.TickLabelStyle.FontSize = TextSize;
        axis.TickLabelStyle.ForeColor = Of(ChartColours.Quiet);
        axis.TickLabelStyle.SubpixelText = true;
        axis.EmptyLabelPadding = new(ChartPage.Margin - 6, 5);
        axis.MajorTickStyle.Length = 0;
        axis.MinorTickStyle.Length = 0;
        axis.FrameLineStyle.IsVisible = false;
    }
}
