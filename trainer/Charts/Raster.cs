using LlavaCuda.Images;
using SkiaSharp;

namespace LlavaCuda.Trainer.Charts;

/// <summary>Draws into pixels in memory.</summary>
internal static class Raster
{
    /// <summary>Draws an image.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="background">What it is filled with before.</param>
    /// <param name="draw">Draws.</param>
    /// <exception cref="DllNotFoundException">SkiaSharp's library cannot be loaded.</exception>
    internal static RgbImage Draw(int width, int height, SKColor background, Action<SKCanvas> draw)
    {
        SkiaLibrary.Require();
        using SKBitmap bitmap = new(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (SKCanvas canvas = new(bitmap))
        {
            canvas.Clear(background);
            draw(canvas);
        }

        RgbImage image = new(width, height);
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> from = bitmap.GetPixelSpan().Slice(y * bitmap.RowBytes, width * 4);
            Span<byte> to = image.Row(y);
            for (int x = 0; x < width; x++)
            {
                from.Slice(x * 4, 3).CopyTo(to[(x * 3)..]);
            }
        }

        return image;
    }

    /// <summary>Copies an image, pixel by pixel.</summary>
    /// <param name="image">The image.</param>
    /// <param name="canvas">Where to.</param>
    /// <param name="left">Column of its left edge.</param>
    /// <param name="top">Row of its top edge.</param>
    internal static void Copy(RgbImage image, SKCanvas canvas, int left, int top)
    {
        using SKBitmap bitmap = new(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (int y = 0; y < image.Height; y++)
        {
            ReadOnlySpan<byte> from = image.Row(y);
            Span<byte> to = bitmap.GetPixelSpan().Slice(y * bitmap.RowBytes, image.Width * 4);
            for (int x = 0; x < image.Width; x++)
            {
                from.Slice(x * 3, 3).CopyTo(to[(x * 4)..]);
                to[(x * 4) + 3] = 255;
            }
        }

        canvas.DrawBitmap(bitmap, left, top);
    }
}
