namespace LlavaCuda.Images.Decoding;

/// <summary>Turns rows of a TIFF file into RGB.</summary>
/// <param name="header">The file's header.</param>
internal sealed class TiffPixels(TiffHeader header)
{
    private readonly byte[] _levels = new byte[header.BlockWidth];

    /// <summary>Converts the visible part of a block's row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="plane">The sample that it holds, where each has blocks of its own.</param>
    /// <param name="rgb">Receives three bytes a pixel, or of those the one of the plane.</param>
    internal void Expand(ReadOnlySpan<byte> row, int plane, Span<byte> rgb)
    {
        if (header.IsPlanar)
        {
            for (int x = 0, to = plane; to < rgb.Length && plane < 3; x++, to += 3)
            {
                rgb[to] = row[x];
            }

            return;
        }

        switch (header.Photometric)
        {
            case 2:
                ExpandRgb(row, rgb);
                break;
            case 5:
                ExpandCmyk(row, rgb);
                break;
            default:
                Span<byte> levels = _levels.AsSpan(0, rgb.Length / 3);
                ReadLevels(row, levels);
                if (header.Photometric == 3)
                {
                    header.Palette.Expand(levels, rgb);
                    break;
                }

                for (int x = 0, to = 0; x < levels.Length; x++, to += 3)
                {
                    (rgb[to], rgb[to + 1], rgb[to + 2]) = (levels[x], levels[x], levels[x]);
                }

                break;
        }
    }

    /// <summary>Reads gray levels, where 16 bits are clipped as Pillow clips them, or indices.</summary>
    private void ReadLevels(ReadOnlySpan<byte> row, Span<byte> levels)
    {
        if (header.Bits == 16)
        {
            int low = header.IsLittleEndian ? 0 : 1;
            for (int x = 0; x < levels.Length; x++)
            {
                levels[x] = row[(x * 2) + 1 - low] != 0 ? (byte)255 : row[(x * 2) + low];
            }

            return;
        }

        if (header.Samples > 1)
        {
            for (int x = 0; x < levels.Length; x++)
            {
                levels[x] = row[x * header.Samples];
            }

            return;
        }

        SmallPixels.Unpack(row, header.Bits, levels, header.Photometric == 3 ? 1 : 255 / ((1 << header.Bits) - 1));
        if (header.Photometric == 0)
        {
            foreach (ref byte level in levels)
            {
                level = (byte)~level;
            }
        }
    }

    private void ExpandRgb(ReadOnlySpan<byte> row, Span<byte> rgb)
    {
        int bytes = header.Bits / 8;
        int step = header.Samples * bytes;

        // Of 16 bits the high ones.
        int high = header.Bits == 16 && header.IsLittleEndian ? 1 : 0;
        for (int to = 0, from = high; to < rgb.Length; to += 3, from += step)
        {
            (byte red, byte green, byte blue) = (row[from], row[from + bytes], row[from + (2 * bytes)]);
            if (header.IsPremultiplied)
            {
                byte alpha = row[from + (3 * bytes)];
                (red, green, blue) = (Divide(red, alpha), Divide(green, alpha), Divide(blue, alpha));
            }

            (rgb[to], rgb[to + 1], rgb[to + 2]) = (red, green, blue);
        }
    }

    private void ExpandCmyk(ReadOnlySpan<byte> row, Span<byte> rgb)
    {
        int bytes = header.Bits / 8;
        int step = header.Samples * bytes;
        int high = header.Bits == 16 && header.IsLittleEndian ? 1 : 0;
        for (int to = 0, from = high; to < rgb.Length; to += 3, from += step)
        {
            int light = 255 - row[from + (3 * bytes)];
            for (int channel = 0; channel < 3; channel++)
            {
                // Pillow's product of two bytes: exact, rounded to the nearest.
                int product = (row[from + (channel * bytes)] * light) + 128;
                rgb[to + channel] = (byte)Math.Max(light - (((product >> 8) + product) >> 8), 0);
            }
        }
    }

    private static byte Divide(byte value, byte alpha) => alpha == 0 ? (byte)0 : (byte)Math.Min(value * 255 / alpha, 255);
}
