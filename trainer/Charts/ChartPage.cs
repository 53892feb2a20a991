using LlavaCuda.Images;
using ScottPlot;
using SkiaSharp;

namespace LlavaCuda.Trainer.Charts;

/// <summary>How a legend shows a series.</summary>
internal enum LegendMark
{
    Line,
    Bar,
    Diamond,
    Dashes,
}

/// <summary>A name of the legend.</summary>
internal readonly record struct LegendEntry(string Name, SKColor Colour, LegendMark Mark = LegendMark.Line);

/// <summary>
/// A chart's page: title, note and legend, each broken to the width, and below them the plot. A unit is two pixels, so that the page is
/// sharp on dense screens too.
/// </summary>
internal sealed class ChartPage
{
    /// <summary>Pixels of a unit.</summary>
    internal const int Scale = 2;

    /// <summary>Width in units.</summary>
    internal const int Width = 800;

    /// <summary>The free edge in units.</summary>
    internal const int Margin = 20;

    private const float Swatch = 18;
    private const float SwatchGap = 7;
    private const float EntryGap = 20;
    private const int MostLegendLines = 8;

    private readonly TextBlock _title;
    private readonly TextBlock _note;
    private readonly List<(TextBlock Text, SKColor Colour, LegendMark Mark, float Left, float Top)> _legend = [];
    private readonly float _legendTop;

    /// <summary>Initializes a new instance of the <see cref="ChartPage"/> class.</summary>
    /// <param name="title">Heads the page.</param>
    /// <param name="note">What else is to be said, below the title; or nothing.</param>
    /// <param name="legend">The legend; one entry needs none.</param>
    internal ChartPage(string title, string? note, IReadOnlyList<LegendEntry> legend)
    {
        const float Inner = Width - (2 * Margin);
        _title = new TextBlock(title, 17, Inner, mostLines: 3, strong: true);
        _note = new TextBlock(note ?? string.Empty, 12.5f, Inner, mostLines: 4);
        _legendTop = Margin + _title.Height + (string.IsNullOrEmpty(note) ? 0 : _note.Height + 2) + 8;
        float left = Margin, top = _legendTop;
        for (int i = 0; i < legend.Count; i++)
        {
            bool last = top + 20 > _legendTop + (MostLegendLines * 20);
            TextBlock text = new(last ? $"and {legend.Count - i} more" : legend[i].Name, 12.5f, Inner - Swatch - SwatchGap, mostLines: 1);
            if (left > Margin && left + Swatch + SwatchGap + text.Width > Width - Margin)
            {
                (left, top) = (Margin, top + 20);
            }

            _legend.Add((text, legend[i].Colour, legend[i].Mark, left, top));
            left += Swatch + SwatchGap + text.Width + EntryGap;
            if (last)
            {
                break;
            }
        }

        Top = (float)Math.Ceiling(_legend.Count == 0 ? _legendTop : top + 20 + 6);
    }

    /// <summary>Gets the first unit below the legend.</summary>
    internal float Top { get; }

    /// <summary>Gets where the title, the note and the names of the legend lie, in units.</summary>
    internal IEnumerable<SKRect> Boxes =>
    [
        SKRect.Create(Margin, Margin - 4, _title.Width, _title.Height),
        SKRect.Create(Margin, Margin + _title.Height - 2, _note.Width, _note.Height),
        .. _legend.Select(static entry => SKRect.Create(entry.Left, entry.Top, Swatch + SwatchGap + entry.Text.Width, entry.Text.Height)),
    ];

    /// <summary>Draws the page.</summary>
    /// <param name="plot">The plot, or null.</param>
    /// <param name="height">The plot's height in units.</param>
    /// <param name="over">Draws what lies over the plot, in units of the page; receives the plot's top.</param>
    internal RgbImage Draw(Plot? plot, float height, Action<SKCanvas, float> over)
    {
        float bottom = Top + (float)Math.Ceiling(height);
        return Raster.Draw(Width * Scale, (int)bottom * Scale, SKColors.White, canvas =>
        {
            canvas.Scale(Scale);
            plot?.Render(canvas, new PixelRect(0, Width, bottom, Top));
            _title.Draw(canvas, Margin, Margin - 4, ChartColours.Ink);
            _note.Draw(canvas, Margin, Margin + _title.Height - 2, ChartColours.Quiet);
            foreach ((TextBlock text, SKColor colour, LegendMark mark, float left, float top) in _legend)
            {
                DrawMark(canvas, mark, colour, left, top + 8.5f);
                text.Draw(canvas, left + Swatch + SwatchGap, top, ChartColours.Ink);
            }

            over(canvas, Top);
        });
    }

    /// <summary>Draws a page that has no plot yet.</summary>
    internal RgbImage DrawEmpty()
    {
        TextBlock nothing = new("nothing to draw yet", 14, Width);
        return Draw(null, 120, (canvas, top) => nothing.Draw(canvas, Width / 2f, top + 40, ChartColours.Quiet, SKTextAlign.Center));
    }

    private static void DrawMark(SKCanvas canvas, LegendMark mark, SKColor colour, float left, float middle)
    {
        using SKPaint paint = new() { Color = colour, IsAntialias = true };
        switch (mark)
        {
            case LegendMark.Bar:
                canvas.DrawRect(left + 3, middle - 6, 12, 12, paint);
                break;
            case LegendMark.Diamond:
                using (new SKAutoCanvasRestore(canvas))
                {
                    canvas.Translate(left + (Swatch / 2), middle);
                    canvas.RotateDegrees(45);
                    canvas.DrawRect(-4, -4, 8, 8, paint);
                }

                break;
            case LegendMark.Dashes:
                canvas.DrawRect(left + 1, middle - 0.5f, 7, 1, paint);
                canvas.DrawRect(left + 11, middle - 0.5f, 7, 1, paint);
                break;
            default:
                canvas.DrawRect(left, middle - 1.5f, Swatch, 3, paint);
                break;
        }
    }
}
