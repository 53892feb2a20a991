using LlavaCuda.Images;

namespace LlavaCuda.Tests.Images;

/// <summary>Pillow's resize and CLIP's processing the slow and obvious way: every picture between two steps is stored, every pixel computed by itself.</summary>
internal static class NaiveBicubic
{
    internal static RgbImage Resize(RgbImage image, int width, int height)
    {
        int lostRows = image.Height - height;
        int lostColumns = image.Width - width;
        return lostRows > 0 && lostRows > 2 * lostColumns
            ? ResizeRows(Transpose(ResizeRows(Transpose(image), height)), width)
            : Transpose(ResizeRows(Transpose(ResizeRows(image, width)), height));
    }

    internal static RgbImage PadToSquare(RgbImage image, byte red, byte green, byte blue)
    {
        int side = Math.Max(image.Width, image.Height);
        RgbImage square = new(side, side);
        for (int i = 0; i < side * side; i++)
        {
            (square.Pixels[i * 3], square.Pixels[(i * 3) + 1], square.Pixels[(i * 3) + 2]) = (red, green, blue);
        }

        for (int y = 0; y < image.Height; y++)
        {
            image.Row(y).CopyTo(square.Row(y + ((side - image.Height) / 2))[((side - image.Width) / 2 * 3)..]);
        }

        return square;
    }

    internal static RgbImage CropMiddle(RgbImage image, int size)
    {
        RgbImage crop = new(size, size);
        int left = (int)Math.Floor((image.Width - size) / 2.0);
        int top = (int)Math.Floor((image.Height - size) / 2.0);
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                if (x + left >= 0 && x + left < image.Width && y + top >= 0 && y + top < image.Height)
                {
                    image.Row(y + top).Slice((x + left) * 3, 3).CopyTo(crop.Row(y)[(x * 3)..]);
                }
            }
        }

        return crop;
    }

    private static RgbImage ResizeRows(RgbImage image, int width)
    {
        RgbImage result = new(width, image.Height);
        double scale = (double)image.Width / width;
        double stretch = scale > 1 ? scale : 1;
        for (int x = 0; x < width; x++)
        {
            double centre = (x + 0.5) * scale;
            int from = Math.Max(0, (int)(centre - (2 * stretch) + 0.5));
            int to = Math.Min(image.Width, (int)(centre + (2 * stretch) + 0.5));
            double[] weights = [.. Enumerable.Range(from, to - from).Select(i => Kernel((i - centre + 0.5) / stretch))];
            double sum = weights.Sum();
            long[] whole = [.. weights.Select(weight => (long)Math.Round(weight / sum * 4194304, MidpointRounding.AwayFromZero))];
            for (int i = 0; i < image.Height * 3; i++)
            {
                long value = 1 << 21;
                for (int t = from; t < to; t++)
                {
                    value += image.Row(i / 3)[(t * 3) + (i % 3)] * whole[t - from];
                }

                result.Row(i / 3)[(x * 3) + (i % 3)] = (byte)Math.Clamp(value >> 22, 0, 255);
            }
        }

        return result;
    }

    private static double Kernel(double x) => Math.Abs(x) switch
    {
        < 1 and double a => (1.5 * a * a * a) - (2.5 * a * a) + 1,
        < 2 and double a => (-0.5 * a * a * a) + (2.5 * a * a) - (4 * a) + 2,
        _ => 0,
    };

    private static RgbImage Transpose(RgbImage image)
    {
        RgbImage turned = new(image.Height, image.Width);
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                image.Row(y).Slice(x * 3, 3).CopyTo(turned.Row(x)[(y * 3)..]);
            }
        }

        return turned;
    }
}
