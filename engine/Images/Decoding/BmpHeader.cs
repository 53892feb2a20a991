namespace LlavaCuda.Images.Decoding;

/// <summary>What a BMP file says of its pixels.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="TopDown">Whether the first stored row is the top one.</param>
/// <param name="Bits">Bits of a stored pixel.</param>
/// <param name="Layout">How they are to be read.</param>
/// <param name="Palette">The colours of indices, or null.</param>
/// <param name="Offset">Where the pixels begin.</param>
internal sealed record BmpHeader(int Width, int Height, bool TopDown, int Bits, BmpLayout Layout, Palette? Palette, long Offset)
{
    private const int FileHeaderBytes = 14;

    /// <summary>Reads the header and the palette.</summary>
    internal static BmpHeader Read(EncodedImage file)
    {
        ByteReader reader = new(file, FileHeaderBytes - 4);
        long offset = reader.UInt32();
        int size = (int)Math.Min(reader.UInt32(), int.MaxValue);
        if (size is not (12 or 40 or 52 or 56 or 64 or 108 or 124))
        {
            throw file.Refuse($"is a BMP file with a header of {size} bytes; 12, 40, 52, 56, 64, 108 and 124 are known");
        }

        ByteReader header = reader;
        reader.Exactly(size - 4);
        bool old = size == 12;
        long width = old ? header.UInt16() : header.UInt32();
        long height = old ? header.UInt16() : header.UInt32();
        bool topDown = !old && height >> 24 == 0xFF;
        height = topDown ? (1L << 32) - height : height;
        file.CheckSize(width, height);
        header.UInt16();
        int bits = header.UInt16();
        uint compression = old ? 0 : header.UInt32();
        header.Position += 12;
        long colours = old ? 0 : header.UInt32();
        colours = colours == 0 ? 1L << (bits & 63) : colours;
        int entry = old ? 3 : 4;
        offset += offset == FileHeaderBytes + size && bits <= 8 ? entry * colours : 0;
        ByteReader masks = header;
        masks.Position += 4;
        if (size < 52)
        {
            masks = reader;
            reader.Position += compression == 3 ? 12 : 0;
        }

        BmpLayout layout = (bits, compression) switch
        {
            (1 or 4 or 8, 0) => BmpLayout.Indices,
            (1 or 4 or 8, 1) => BmpLayout.Runs8,
            (1 or 4 or 8, 2) => BmpLayout.Runs4,
            (16, 0) => BmpLayout.Bits555,
            (24 or 32, 0) => BmpLayout.Bgr,
            (16 or 24 or 32, 3) => Masked(file, bits, masks, size),
            _ => throw file.Refuse($"is a BMP file of {bits} bits a pixel with compression {compression}, which is not supported"),
        };
        Palette? palette = bits <= 8 ? ReadPalette(file, ref reader, entry, colours, ref layout) : null;
        return new BmpHeader((int)width, (int)height, topDown, bits, layout, palette, offset == 0 ? reader.Position : offset);
    }

    /// <summary>Reads the masks, which follow a header of 40 bytes and belong to longer ones.</summary>
    private static BmpLayout Masked(EncodedImage file, int bits, ByteReader masks, int size)
    {
        (uint Red, uint Green, uint Blue) rgb = (masks.UInt32(), masks.UInt32(), masks.UInt32());
        uint alpha = bits == 32 && size >= 56 ? masks.UInt32() : 0;
        return (bits, rgb, alpha) switch
        {
            (32, (0xFF0000, 0xFF00, 0xFF), 0 or 0xFF000000) or (24, (0xFF0000, 0xFF00, 0xFF), _) or (32, (0, 0, 0), 0) => BmpLayout.Bgr,
            (32, (0xFF000000, 0xFF0000, 0xFF00), 0 or 0xFF) => BmpLayout.SkipBgr,
            (32, (0xFF000000, 0xFF00, 0xFF), 0 or 0xFF0000) => BmpLayout.BgSkipR,
            (32, (0xFF, 0xFF00, 0xFF0000), 0xFF000000) => BmpLayout.Rgb,
            (16, (0xF800, 0x7E0, 0x1F), _) => BmpLayout.Bits565,
            (16, (0x7C00, 0x3E0, 0x1F), _) => BmpLayout.Bits555,
            _ => throw file.Refuse($"is a BMP file of {bits} bits a pixel with masks {rgb.Red:x}, {rgb.Green:x}, {rgb.Blue:x}, {alpha:x}, which are not supported"),
        };
    }

    /// <summary>Reads the palette; one of gray levels in order makes Pillow read the pixels as levels, two of them as bits.</summary>
    private static Palette ReadPalette(EncodedImage file, ref ByteReader reader, int entry, long colours, ref BmpLayout layout)
    {
        const int MostColours = 256;
        ReadOnlySpan<byte> stored = colours <= 1 << 16 ? reader.UpTo(entry * colours) : throw file.Refuse($"is a BMP file with a palette of {colours} colours");
        bool gray = stored.Length >= (entry * (colours - 1)) + 3;
        for (int i = 0; gray && i < colours; i++)
        {
            byte level = (byte)(colours == 2 ? i * 255 : i);
            gray = stored[i * entry] == level && stored[(i * entry) + 1] == level && stored[(i * entry) + 2] == level;
        }

        if (gray && colours <= 2)
        {
            layout = layout == BmpLayout.Indices ? BmpLayout.BlackAndWhite : layout;
            return Palette.BlackAndWhite();
        }

        if (gray)
        {
            layout = layout == BmpLayout.Indices ? BmpLayout.Levels : layout;
            return Palette.Gray();
        }

        return stored.Length / entry <= MostColours
            ? Palette.From(stored, entry, reversed: true)
            : throw file.Refuse($"is a BMP file with a palette of {stored.Length / entry} colours");
    }
}
