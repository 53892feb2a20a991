using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Charts;

/// <summary>Draws smooth lines, rectangles, text and other pictures on a picture. What lies outside <see cref="Clip"/> is left out.</summary>
internal sealed class Canvas
{
    private readonly float[] _coverage;

    internal Canvas(int width, int height, Colour background)
    {
        Image = new RgbImage(width, height);
        Clip = new Box(0, 0, width, height);
        _coverage = new float[width * height];
        Fill(Clip, background);
    }

    /// <summary>The picture so far.</summary>
    internal RgbImage Image { get; }

    /// <summary>Where drawing has effect.</summary>
    internal Box Clip { get; set; }

    /// <summary>Fills a rectangle.</summary>
    internal void Fill(Box box, Colour colour)
    {
        for (int y = box.Top; y < box.Bottom; y++)
        {
            for (int x = box.Left; x < box.Right; x++)
            {
                Blend(x, y, colour, 1);
            }
        }
    }

    /// <summary>Draws the inner edge of a rectangle, one pixel wide.</summary>
    internal void Outline(Box box, Colour colour)
    {
        Fill(box with { Bottom = box.Top + 1 }, colour);
        Fill(box with { Top = box.Bottom - 1 }, colour);
        Fill(box with { Right = box.Left + 1 }, colour);
        Fill(box with { Left = box.Right - 1 }, colour);
    }

    /// <summary>Draws a line through points. It covers a pixel once however often it passes, so that a see-through line has no darker joints.</summary>
    internal void Line(ReadOnlySpan<(double X, double Y)> points, double thickness, Colour colour, double opacity = 1)
    {
        double reach = (thickness / 2) + 0.5;
        Box touched = new(Clip.Right, Clip.Bottom, Clip.Left, Clip.Top);
        for (int i = 0; i < points.Length; i++)
        {
            (double X, double Y) from = points[Math.Max(i - 1, 0)];
            (double X, double Y) to = points[i];
            Box box = new(
                (int)Math.Clamp(Math.Min(from.X, to.X) - reach, Clip.Left, Clip.Right),
                (int)Math.Clamp(Math.Min(from.Y, to.Y) - reach, Clip.Top, Clip.Bottom),
                (int)Math.Clamp(Math.Max(from.X, to.X) + reach + 1, Clip.Left, Clip.Right),
                (int)Math.Clamp(Math.Max(from.Y, to.Y) + reach + 1, Clip.Top, Clip.Bottom));
            touched = touched.Union(box);
            Cover(box, from, to, reach);
        }

        for (int y = touched.Top; y < touched.Bottom; y++)
        {
            for (int x = touched.Left; x < touched.Right; x++)
            {
                ref float coverage = ref _coverage[(y * Image.Width) + x];
                Blend(x, y, colour, coverage * opacity);
                coverage = 0;
            }
        }
    }

    /// <summary>Draws a filled circle.</summary>
    internal void Dot((double X, double Y) centre, double radius, Colour colour) => Line([centre], radius * 2, colour);

    /// <summary>Writes one line of text; a point of the font is a square of <paramref name="scale"/> pixels.</summary>
    internal void Text(int left, int top, string text, Colour colour, int scale = 2)
    {
        for (int i = 0; i < text.Length; i++)
        {
            for (int y = 0; y < Font.LineHeight; y++)
            {
                int row = Font.Row(text[i], y);
                for (int x = 0; x < Font.Advance; x++)
                {
                    if ((row & (0x10 >> x)) != 0)
                    {
                        Fill(Box.Sized(left + (((i * Font.Advance) + x) * scale), top + (y * scale), scale, scale), colour);
                    }
                }
            }
        }
    }

    /// <summary>Width of a line of text in pixels.</summary>
    internal static int TextWidth(string text, int scale = 2) => text.Length == 0 ? 0 : ((text.Length * Font.Advance) - 1) * scale;

    /// <summary>Copies a picture.</summary>
    internal void Picture(int left, int top, RgbImage picture)
    {
        for (int y = 0; y < picture.Height; y++)
        {
            ReadOnlySpan<byte> row = picture.Row(y);
            for (int x = 0; x < picture.Width; x++)
            {
                Blend(left + x, top + y, new Colour(row[x * 3], row[(x * 3) + 1], row[(x * 3) + 2]), 1);
            }
        }
    }

    /// <summary>Raises coverage to how much of each pixel lies within reach of a segment, by the distance of its centre.</summary>
    private void Cover(Box box, (double X, double Y) from, (double X, double Y) to, double reach)
    {
        (double dx, double dy) = (to.X - from.X, to.Y - from.Y);
        double length = (dx * dx) + (dy * dy);
        for (int y = box.Top; y < box.Bottom; y++)
        {
            for (int x = box.Left; x < box.Right; x++)
            {
                (double px, double py) = (x + 0.5 - from.X, y + 0.5 - from.Y);
                double along = length == 0 ? 0 : Math.Clamp(((px * dx) + (py * dy)) / length, 0, 1);
                double distance = double.Hypot(px - (along * dx), py - (along * dy));
                ref float coverage = ref _coverage[(y * Image.Width) + x];
                coverage = Math.Max(coverage, (float)Math.Clamp(reach - distance, 0, 1));
            }
        }
    }

    private void Blend(int x, int y, Colour colour, double opacity)
    {
        if (opacity > 0 && Clip.Contains(x, y))
        {
            Span<byte> pixel = Image.Row(y).Slice(x * 3, 3);
            pixel[0] = Mix(pixel[0], colour.Red, opacity);
            pixel[1] = Mix(pixel[1], colour.Green, opacity);
            pixel[2] = Mix(pixel[2], colour.Blue, opacity);
        }
    }

    private static byte Mix(byte below, byte above, double opacity) => (byte)Math.Round(below + ((above - below) * opacity));
}
