namespace LlavaCuda.Images.Decoding;

/// <summary>Decodes BMP files as Pillow does: the same kinds, the same rounding of 5 and 6 bits, and the same runs.</summary>
internal static class BmpDecoder
{
    /// <summary>Whether the bytes begin as a BMP file does.</summary>
    internal static bool Accepts(ReadOnlySpan<byte> bytes) => bytes.StartsWith("BM"u8);

    /// <summary>Reads the size.</summary>
    internal static (int Width, int Height) Size(EncodedImage file)
    {
        BmpHeader header = BmpHeader.Read(file);
        return (header.Width, header.Height);
    }

    /// <summary>Decodes the image.</summary>
    internal static RgbImage Decode(EncodedImage file)
    {
        BmpHeader header = BmpHeader.Read(file);
        RgbImage image = new(header.Width, header.Height);
        ByteReader reader = new(file, 0) { Position = header.Offset };
        if (header.Layout is BmpLayout.Runs4 or BmpLayout.Runs8)
        {
            byte[] indices = BmpRuns.Decode(file, ref reader, header.Width, header.Height, header.Layout == BmpLayout.Runs4);
            for (int y = 0; y < header.Height; y++)
            {
                header.Palette!.Expand(indices.AsSpan(y * header.Width, header.Width), image.Row(header.TopDown ? y : header.Height - 1 - y));
            }

            return image;
        }

        // A row is padded to 32 bits; the padding of the last one may be missing.
        int bits = header.Layout switch { BmpLayout.Levels => 8, BmpLayout.BlackAndWhite => 1, _ => header.Bits };
        long used = (((long)header.Width * bits) + 7) / 8;
        long stride = (((long)header.Width * header.Bits) + 31) / 32 * 4;
        if (stride < used)
        {
            throw file.Damaged("BMP data is damaged: the palette does not fit the pixels");
        }

        byte[] levels = new byte[header.Width];
        for (int y = 0; y < header.Height; y++)
        {
            ReadOnlySpan<byte> row = reader.Exactly(used);
            reader.Position += stride - used;
            Expand(header, row, levels, image.Row(header.TopDown ? y : header.Height - 1 - y));
        }

        return image;
    }

    private static void Expand(BmpHeader header, ReadOnlySpan<byte> row, byte[] levels, Span<byte> rgb)
    {
        switch (header.Layout)
        {
            case BmpLayout.Levels:
                header.Palette!.Expand(row, rgb);
                break;
            case BmpLayout.BlackAndWhite:
                SmallPixels.Unpack(row, 1, levels, factor: 255);
                header.Palette!.Expand(levels, rgb);
                break;
            case BmpLayout.Indices:
                SmallPixels.Unpack(row, header.Bits, levels);
                header.Palette!.Expand(levels, rgb);
                break;
            case BmpLayout.Bits555 or BmpLayout.Bits565:
                int green = header.Layout == BmpLayout.Bits565 ? 6 : 5;
                for (int x = 0; x < header.Width; x++)
                {
                    int pixel = row[x * 2] | (row[(x * 2) + 1] << 8);
                    rgb[x * 3] = Scale(pixel >> (5 + green), 5);
                    rgb[(x * 3) + 1] = Scale(pixel >> 5, green);
                    rgb[(x * 3) + 2] = Scale(pixel, 5);
                }

                break;
            default:
                (int red, int middle, int blue) = header.Layout switch { BmpLayout.SkipBgr => (3, 2, 1), BmpLayout.BgSkipR => (3, 1, 0), BmpLayout.Rgb => (0, 1, 2), _ => (2, 1, 0) };
                int size = header.Bits / 8;
                for (int x = 0, from = 0, to = 0; x < header.Width; x++, from += size, to += 3)
                {
                    (rgb[to], rgb[to + 1], rgb[to + 2]) = (row[from + red], row[from + middle], row[from + blue]);
                }

                break;
        }
    }

    /// <summary>Scales the low bits to 0..255, rounding down.</summary>
    private static byte Scale(int value, int bits) => (byte)((value & ((1 << bits) - 1)) * 255 / ((1 << bits) - 1));
}
