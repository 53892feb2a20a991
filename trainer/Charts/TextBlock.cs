using System.Globalization;
using SkiaSharp;

namespace LlavaCuda.Trainer.Charts;

/// <summary>Text broken into lines of a width, ready to be drawn. What does not fit into its lines ends in an ellipsis.</summary>
internal sealed class TextBlock
{
    private const float LineSpacing = 1.35f;

    // No line holds more characters than this: longer text is not looked at as a whole.
    private const int LongestLine = 1000;

    private readonly float _size;
    private readonly bool _strong;

    /// <summary>Initializes a new instance of the <see cref="TextBlock"/> class.</summary>
    /// <param name="text">Any text; its line feeds are kept.</param>
    /// <param name="size">Size of the font, pixels.</param>
    /// <param name="width">The widest that a line may be, pixels; at least that of one character.</param>
    /// <param name="mostLines">How many lines there may be.</param>
    /// <param name="strong">Whether semi-bold.</param>
    internal TextBlock(string text, float size, float width, int mostLines = int.MaxValue, bool strong = false)
    {
        (_size, _strong) = (size, strong);
        using SKFont font = ChartFont.Create(size, strong);
        Lines = Break(text, font, width, mostLines);
        Width = Lines.Count == 0 ? 0 : Lines.Max(line => font.MeasureText(line));
    }

    /// <summary>Gets the lines.</summary>
    internal IReadOnlyList<string> Lines { get; }

    /// <summary>Gets a value indicating whether a character stands for one that the typeface lacks.</summary>
    internal bool HasReplacements => Lines.Any(static line => line.Contains(ChartFont.Replacement));

    /// <summary>Gets the width of the longest line in pixels.</summary>
    internal float Width { get; }

    /// <summary>Gets the height of all lines in pixels.</summary>
    internal float Height => Lines.Count * LineHeight;

    /// <summary>Gets the distance of lines in pixels.</summary>
    internal float LineHeight => _size * LineSpacing;

    /// <summary>Draws the lines.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="left">Left edge, or where <paramref name="align"/> says.</param>
    /// <param name="top">Top edge.</param>
    /// <param name="colour">The colour.</param>
    /// <param name="align">What of a line lies at <paramref name="left"/>.</param>
    internal void Draw(SKCanvas canvas, float left, float top, SKColor colour, SKTextAlign align = SKTextAlign.Left)
    {
        using SKFont font = ChartFont.Create(_size, _strong);
        using SKPaint paint = new() { Color = colour, IsAntialias = true };
        for (int i = 0; i < Lines.Count; i++)
        {
            // The middle of the letters without ascenders lies in the middle of the line.
            float baseline = top + (i * LineHeight) + (LineHeight / 2) + (font.Metrics.XHeight / 2) + (_size * 0.08f);
            canvas.DrawText(Lines[i], left, baseline, align, font, paint);
        }
    }

    private static List<string> Break(string text, SKFont font, float width, int mostLines)
    {
        List<string> lines = [];
        int from = 0;
        while (from <= text.Length && text.Length > 0)
        {
            int end = text.AsSpan(from).IndexOfAny('\r', '\n');
            end = end < 0 ? text.Length : from + end;
            if (!BreakParagraph(text, from, end, font, width, mostLines, lines))
            {
                break;
            }

            from = end + (text.AsSpan(end).StartsWith("\r\n") ? 2 : 1);
        }

        return lines;
    }

    // False once there are enough lines.
    private static bool BreakParagraph(string text, int from, int end, SKFont font, float width, int mostLines, List<string> lines)
    {
        do
        {
            if (lines.Count == mostLines)
            {
                lines[^1] = Shorten(lines[^1], font, width);
                return false;
            }

            int length = Math.Min(end - from, LongestLine);
            string rest = ChartFont.Drawable(text.Substring(from, length));
            int fits = Fit(rest, font, width);
            if (fits == rest.Length && length == end - from)
            {
                lines.Add(rest.TrimEnd());
                return true;
            }

            int space = fits < rest.Length && rest[fits] == ' ' ? fits : rest.LastIndexOf(' ', Math.Max(fits - 1, 0));
            int taken = space > 0 ? space : fits;
            lines.Add(rest[..taken].TrimEnd());

            // What was made drawable may be shorter than the text was: the rest of it is what goes on.
            text = rest[taken..].TrimStart(' ') + text[(from + length)..end];
            (from, end) = (0, text.Length);
        }
        while (from < end);
        return true;
    }

    // How many characters fit; one text element at least.
    private static int Fit(string text, SKFont font, float width)
    {
        int fits = 0;
        for (int low = 0, high = text.Length; low <= high;)
        {
            int middle = (low + high) / 2;
            if (font.MeasureText(text.AsSpan(0, middle)) <= width)
            {
                (fits, low) = (middle, middle + 1);
            }
            else
            {
                high = middle - 1;
            }
        }

        return Math.Max(fits, Math.Min(text.Length, StringInfo.GetNextTextElementLength(text)));
    }

    private static string Shorten(string line, SKFont font, float width)
    {
        while (line.Length > 0 && font.MeasureText(line + "\u2026") > width)
        {
            line = line[..^1];
        }

        return line.TrimEnd() + "\u2026";
    }
}
