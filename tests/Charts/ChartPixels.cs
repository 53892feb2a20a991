using LlavaCuda.Images;
using SkiaSharp;

namespace LlavaCuda.Tests.Charts;

/// <summary>Looks at what is drawn.</summary>
internal static class ChartPixels
{
    /// <summary>The places of all pixels of a colour, by row.</summary>
    internal static List<(int X, int Y)> Of(RgbImage image, SKColor colour)
    {
        List<(int X, int Y)> places = [];
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> row = image.Row(y);
            for (int x = 0; x < image.Width; x++)
            {
                if (row[x * 3] == colour.Red && row[(x * 3) + 1] == colour.Green && row[(x * 3) + 2] == colour.Blue)
                {
                    places.Add((x, y));
                }
            }
        }

        return places;
    }

    /// <summary>Whether all pixels of a rectangle are white.</summary>
    internal static bool IsBlank(RgbImage image, int left, int top, int width, int height)
    {
        for (int y = top; y < top + height; y++)
        {
            if (image.Row(y).Slice(left * 3, width * 3).ContainsAnyExcept((byte)255))
            {
                return false;
            }
        }

        return true;
    }
}
