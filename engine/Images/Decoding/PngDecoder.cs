using System.Buffers;
using System.IO.Compression;
using System.Runtime.Intrinsics;

namespace LlavaCuda.Images.Decoding;

/// <summary>
/// Decodes PNG files as Pillow does, row by row: of 16 bits the high ones are kept, but 16-bit gray is clipped at 255. Memory is taken for the pixels of the image and for a few rows.
/// </summary>
internal static class PngDecoder
{
    // Of each pass of an interlaced file: the first column and row, and the distance to the next. The last entry is a file that is not interlaced.
    private static readonly (int X, int Y, int StepX, int StepY)[] Passes =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2), (0, 0, 1, 1)];

    /// <summary>Decodes the image, or the first frame of an animation.</summary>
    /// <param name="file">The file.</param>
    /// <param name="header">Its header.</param>
    /// <returns>The image.</returns>
    internal static unsafe RgbImage Decode(EncodedImage file, PngHeader header)
    {
        RgbImage image = new(header.Width, header.Height, GC.AllocateUninitializedArray<byte>(header.Width * header.Height * 3));
        if (header.Interlaced)
        {
            // Of a file that ends early any pixel may be missing, else only whole rows.
            FillMissing(header, image.Pixels);
        }

        fixed (byte* bytes = file.Bytes)
        {
            using PngData data = new(bytes, file.Bytes.Length, header.Data);
            using ZLibStream pixels = new(data, CompressionMode.Decompress);
            Read(file, header, data, pixels, image);
            PngChunks.CheckRest(file, header, data.ChunkEnd);
        }

        return image;
    }

    private static void Read(EncodedImage file, PngHeader header, PngData data, ZLibStream pixels, RgbImage image)
    {
        int bits = header.Depth * header.Channels;
        int longest = (int)((((long)header.Width * bits) + 7) / 8);
        byte[] stored = ArrayPool<byte>.Shared.Rent(1 + longest + PngFilter.Slack);
        byte[] row = ArrayPool<byte>.Shared.Rent(longest + PngFilter.Slack);
        byte[] above = ArrayPool<byte>.Shared.Rent(longest + PngFilter.Slack);
        byte[] rgb = ArrayPool<byte>.Shared.Rent(header.Width * 3);
        byte[] samples = ArrayPool<byte>.Shared.Rent(header.Width);
        try
        {
            foreach ((int x, int y, int stepX, int stepY) in header.Interlaced ? Passes.AsSpan(..^1) : Passes.AsSpan(^1..))
            {
                int columns = (header.Width - x + stepX - 1) / stepX;
                if (columns <= 0)
                {
                    continue;
                }

                int length = (int)((((long)columns * bits) + 7) / 8);
                Array.Clear(above);
                for (int line = y; line < header.Height; line += stepY)
                {
                    if (!Fill(file, data, pixels, stored.AsSpan(0, 1 + length)))
                    {
                        if (x == 0 && line == 0)
                        {
                            throw file.CutShort();
                        }

                        if (!header.Interlaced)
                        {
                            FillMissing(header, image.Pixels[(line * header.Width * 3)..]);
                        }

                        return;
                    }

                    if (!PngFilter.Undo(stored[0], Math.Max(bits / 8, 1), stored.AsSpan(1), above, row, length))
                    {
                        throw file.Damaged($"PNG data is damaged: a row has the filter {stored[0]}");
                    }

                    Span<byte> target = image.Row(line);
                    Span<byte> colours = stepX == 1 ? target : rgb.AsSpan(0, columns * 3);
                    Expand(header, row.AsSpan(0, length), samples.AsSpan(0, columns), colours);
                    if (stepX > 1)
                    {
                        Spread(colours, target, x, stepX);
                    }

                    (row, above) = (above, row);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
            ArrayPool<byte>.Shared.Return(row);
            ArrayPool<byte>.Shared.Return(above);
            ArrayPool<byte>.Shared.Return(rgb);
            ArrayPool<byte>.Shared.Return(samples);
        }
    }

    /// <summary>Gives pixels that are not in the file Pillow's colour: black, or the palette's first.</summary>
    private static void FillMissing(PngHeader header, Span<byte> pixels)
    {
        pixels.Clear();
        for (int at = 0; header.Kind == 3 && at < pixels.Length; at += 3)
        {
            header.Palette.Expand([0], pixels.Slice(at, 3));
        }
    }

    /// <summary>Reads a row; false where the data end in good order before it, which Pillow accepts.</summary>
    private static bool Fill(EncodedImage file, PngData data, ZLibStream pixels, Span<byte> row)
    {
        for (int done = 0; done < row.Length;)
        {
            int count;
            try
            {
                count = pixels.Read(row[done..]);
            }
            catch (Exception error) when (error is InvalidDataException or IOException)
            {
                // The latter where a dictionary is asked for.
                throw file.Damaged("PNG data is damaged: its pixels cannot be decompressed");
            }

            if (count == 0)
            {
                return done == 0 && !data.RanOut ? false : throw file.CutShort();
            }

            done += count;
        }

        return true;
    }

    private static void Expand(PngHeader header, ReadOnlySpan<byte> row, Span<byte> samples, Span<byte> rgb)
    {
        switch (header.Kind, header.Depth)
        {
            case (2, 8):
                row.CopyTo(rgb);
                break;
            case (6, 8):
                RgbaPixels.DropAlpha(row, rgb);
                break;
            case (3, _):
                SmallPixels.Unpack(row, header.Depth, samples);
                header.Palette.Expand(samples, rgb);
                break;
            case (0, 16):
                for (int i = 0; i < samples.Length; i++)
                {
                    samples[i] = row[i * 2] == 0 ? row[(i * 2) + 1] : (byte)255;
                }

                Replicate(samples, 1, rgb);
                break;
            case (0, _):
                SmallPixels.Unpack(row, header.Depth, samples, 255 / ((1 << header.Depth) - 1));
                Replicate(samples, 1, rgb);
                break;
            case (4, _):
                Replicate(row, header.Depth / 4, rgb);
                break;
            default:
                int step = header.Channels * 2;
                for (int to = 0, from = 0; to < rgb.Length; to += 3, from += step)
                {
                    (rgb[to], rgb[to + 1], rgb[to + 2]) = (row[from], row[from + 2], row[from + 4]);
                }

                break;
        }
    }

    private static void Replicate(ReadOnlySpan<byte> gray, int step, Span<byte> rgb)
    {
        int done = 0;
        if (step == 1)
        {
            // Sixteen levels become three times as many bytes.
            Vector128<byte> order = Vector128.Create((byte)0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5);
            Vector128<byte> second = Vector128.Create((byte)5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10);
            Vector128<byte> third = Vector128.Create((byte)10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15);
            for (; (done + 16) * 3 <= rgb.Length; done += 16)
            {
                Vector128<byte> levels = Vector128.Create(gray.Slice(done, 16));
                Span<byte> target = rgb.Slice(done * 3, 48);
                Vector128.Shuffle(levels, order).CopyTo(target);
                Vector128.Shuffle(levels, second).CopyTo(target[16..]);
                Vector128.Shuffle(levels, third).CopyTo(target[32..]);
            }
        }

        for (int to = done * 3, from = done * step; to < rgb.Length; to += 3, from += step)
        {
            byte level = gray[from];
            (rgb[to], rgb[to + 1], rgb[to + 2]) = (level, level, level);
        }
    }

    private static void Spread(ReadOnlySpan<byte> colours, Span<byte> target, int x, int step)
    {
        for (int from = 0, to = x * 3; from < colours.Length; from += 3, to += step * 3)
        {
            colours.Slice(from, 3).CopyTo(target[to..]);
        }
    }
}
