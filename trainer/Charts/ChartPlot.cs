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
    internal static void Axes(Plot plot, ChartAxis x, ChartAxis y, string xLabel)
    {
        Style((AxisBase)plot.Axes.Bottom, xLabel);
        Style((AxisBase)plot.Axes.Left, string.Empty);
        plot.Axes.Bottom.TickGenerator = x.Ticks(0.45);
        plot.Axes.Left.TickGenerator = y.Ticks(0.55);
        plot.Axes.Bottom.FrameLineStyle.IsVisible = true;
        plot.Axes.Bottom.FrameLineStyle.Color = Of(ChartColours.Quiet);
        plot.Axes.SetLimits(x.From, x.To, y.From, y.To);
    }

    /// <summary>Draws a value of y to compare with, its name at the right end.</summary>
    internal static void Level(Plot plot, double y, string name, double right)
    {
        plot.Add.HorizontalLine(y, 1, Of(ChartColours.Quiet), LinePattern.Dashed);
        ScottPlot.Plottables.Text text = plot.Add.Text(Line(name, ChartPage.Width * 0.7f), right, y);
        text.LabelFontSize = TextSize;
        text.LabelFontColor = Of(ChartColours.Quiet);
        text.LabelBackgroundColor = Colors.White;
        text.LabelStyle.SubpixelText = true;
        text.LabelAlignment = Alignment.LowerRight;
        text.OffsetY = -3;
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
