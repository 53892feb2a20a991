namespace LlavaCuda.Images.Decoding;

/// <summary>
/// Decodes a GIF file's first frame as Pillow does: transparency takes no colour away, and where the frame does not reach there is the transparent index's colour, else the first.
/// </summary>
internal static class GifDecoder
{
    private const int HeaderBytes = 13;

    /// <summary>Whether the bytes begin as a GIF file does.</summary>
    internal static bool Accepts(ReadOnlySpan<byte> bytes) => bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8);

    /// <summary>Reads the size.</summary>
    internal static (int Width, int Height) Size(EncodedImage file)
    {
        Header header = Header.Read(file, out _);
        return (header.Width, header.Height);
    }

    /// <summary>Decodes the first frame.</summary>
    internal static RgbImage Decode(EncodedImage file)
    {
        Header header = Header.Read(file, out ByteReader reader);
        byte[] indices = new byte[header.Width * header.Height];
        if (header.Transparent > 0)
        {
            Array.Fill(indices, (byte)header.Transparent);
        }

        GifFrame frame = new(indices, header.Width, header.Left, header.Top, header.Columns, header.Rows, header.Interlaced);
        int bits = reader.Byte();
        GifCodes.Decode(file, bits, reader.Rest, frame);
        byte[] pixels = GC.AllocateUninitializedArray<byte>(header.Width * header.Height * 3);
        header.Palette.Expand(indices, pixels);
        return new RgbImage(header.Width, header.Height, pixels);
    }

    /// <summary>Reads a table of colours; one that says that each index is its own gray level stands for all 256 of them.</summary>
    private static Palette ReadPalette(ref ByteReader reader, int flags)
    {
        ReadOnlySpan<byte> stored = reader.UpTo(3 << ((flags & 7) + 1));
        for (int i = 0; i < stored.Length; i++)
        {
            if (stored[i] != i / 3)
            {
                return Palette.From(stored);
            }
        }

        return Palette.Gray();
    }

    /// <summary>Passes over extensions to behind the frame's separator; gives the transparent index, or -1.</summary>
    private static int SkipToFrame(EncodedImage file, ref ByteReader reader)
    {
        int transparent = -1;
        while (true)
        {
            switch (reader.ByteOrEnd())
            {
                case -1 or ';':
                    throw file.Damaged("GIF data is damaged: there is no image in it");
                case ',':
                    return transparent;
                case '!':
                    byte label = reader.Byte();
                    ReadOnlySpan<byte> block = Block(ref reader);
                    if (label == 0xF9 && block.Length > 0)
                    {
                        if (block.Length < 3 || ((block[0] & 1) != 0 && block.Length < 4))
                        {
                            throw file.Damaged("GIF data is damaged: a graphic control extension is too short");
                        }

                        transparent = (block[0] & 1) != 0 ? block[3] : transparent;
                    }

                    if (label == 0xFF && block.StartsWith("NETSCAPE2.0"u8))
                    {
                        Block(ref reader);
                    }

                    if (label != 0xFE || block.Length > 0)
                    {
                        while (Block(ref reader).Length > 0)
                        {
                            // Only the first block of an extension can matter.
                        }
                    }

                    break;
                default:
                    // Between blocks Pillow passes over what it does not know.
                    break;
            }
        }
    }

    private static ReadOnlySpan<byte> Block(ref ByteReader reader) => reader.ByteOrEnd() is > 0 and int size ? reader.UpTo(size) : [];

    /// <summary>What stands before the first frame's data.</summary>
    private sealed record Header(int Width, int Height, int Left, int Top, int Columns, int Rows, bool Interlaced, int Transparent, Palette Palette)
    {
        internal static Header Read(EncodedImage file, out ByteReader reader)
        {
            reader = new ByteReader(file, 6);
            (int width, int height) = (reader.UInt16(), reader.UInt16());
            int flags = reader.Byte();
            reader.Position = HeaderBytes;
            Palette? palette = (flags & 0x80) != 0 ? ReadPalette(ref reader, flags) : null;
            int transparent = SkipToFrame(file, ref reader);
            (int left, int top, int columns, int rows) = (reader.UInt16(), reader.UInt16(), reader.UInt16(), reader.UInt16());
            flags = reader.Byte();
            palette = (flags & 0x80) != 0 ? ReadPalette(ref reader, flags) : palette;

            // A frame that reaches beyond the screen makes it larger.
            (width, height) = (Math.Max(width, left + columns), Math.Max(height, top + rows));
            file.CheckSize(width, height);
            return columns > 0 && rows > 0
                ? new Header(width, height, left, top, columns, rows, (flags & 0x40) != 0, transparent, palette ?? Palette.Gray())
                : throw file.Damaged($"GIF data is damaged: the first frame has {columns}x{rows} pixels");
        }
    }
}
