namespace LlavaCuda.Images.Decoding;

/// <summary>What a TIFF file says of its first image.</summary>
internal sealed record TiffHeader
{
    private const int DefaultRows = int.MaxValue;

    private enum Tag
    {
        Width = 256,
        Height = 257,
        Bits = 258,
        Compression = 259,
        Photometric = 262,
        FillOrder = 266,
        StripOffsets = 273,
        Orientation = 274,
        Samples = 277,
        StripRows = 278,
        StripBytes = 279,
        Planar = 284,
        Predictor = 317,
        Colours = 320,
        TileWidth = 322,
        TileHeight = 323,
        TileOffsets = 324,
        TileBytes = 325,
        ExtraSamples = 338,
        SampleFormat = 339,
    }

    /// <summary>Gets the columns.</summary>
    internal required int Width { get; init; }

    /// <summary>Gets the rows.</summary>
    internal required int Height { get; init; }

    /// <summary>Gets a value indicating whether the low byte of 16 bits comes first.</summary>
    internal required bool IsLittleEndian { get; init; }

    /// <summary>Gets the bits of a sample: 1, 2, 4, 8 or 16.</summary>
    internal required int Bits { get; init; }

    /// <summary>Gets the samples of a pixel.</summary>
    internal required int Samples { get; init; }

    /// <summary>Gets the colours: 0 gray with white first, 1 gray, 2 RGB, 3 indices, 5 CMYK.</summary>
    internal required int Photometric { get; init; }

    /// <summary>Gets a value indicating whether colours are stored multiplied by the alpha channel behind them.</summary>
    internal required bool IsPremultiplied { get; init; }

    /// <summary>Gets the compression.</summary>
    internal required TiffCompression Compression { get; init; }

    /// <summary>Gets a value indicating whether samples are stored as differences to the pixel before.</summary>
    internal required bool IsDifferenced { get; init; }

    /// <summary>Gets a value indicating whether each sample has blocks of its own.</summary>
    internal required bool IsPlanar { get; init; }

    /// <summary>Gets the orientation, 1 to 8, which Pillow applies to TIFF files always.</summary>
    internal required int Orientation { get; init; }

    /// <summary>Gets the columns of a block: a tile's, or the image's for strips.</summary>
    internal required int BlockWidth { get; init; }

    /// <summary>Gets the rows of a block.</summary>
    internal required int BlockHeight { get; init; }

    /// <summary>Gets a value indicating whether blocks at the right and bottom edges are stored whole.</summary>
    internal required bool IsTiled { get; init; }

    /// <summary>Gets where each block begins.</summary>
    internal required long[] Offsets { get; init; }

    /// <summary>Gets the bytes of each block; only compressed ones are bounded by them.</summary>
    internal required long[] Counts { get; init; }

    /// <summary>Gets the colours of indices.</summary>
    internal required Palette Palette { get; init; }

    /// <summary>Gets the blocks of a row of them.</summary>
    internal int Across => (Width + BlockWidth - 1) / BlockWidth;

    /// <summary>Gets the blocks of the image, or of one of its samples where they are planar.</summary>
    internal int Blocks => Across * (((Height - 1) / BlockHeight) + 1);

    /// <summary>Reads the header.</summary>
    internal static TiffHeader Read(EncodedImage file)
    {
        TiffDirectory tags = TiffDirectory.Read(file);
        long width = One(file, tags, Tag.Width, 0);
        long height = One(file, tags, Tag.Height, 0);
        file.CheckSize(width, height);
        long compression = One(file, tags, Tag.Compression, 1);
        long photometric = One(file, tags, Tag.Photometric, 0);
        long samples = One(file, tags, Tag.Samples, 1);
        long[] bits = tags.Get((int)Tag.Bits) ?? [1];
        long[] extra = tags.Get((int)Tag.ExtraSamples) ?? [];
        long format = (tags.Get((int)Tag.SampleFormat) ?? [1]) is [var first, .. var others] && Array.TrueForAll(others, other => other == first) ? first : 0;
        long planes = One(file, tags, Tag.Planar, 1);
        bool planar = planes == 2;
        bool tiled = tags.Get((int)Tag.StripOffsets) is null;
        if (bits.Length > 1 && bits.Length < samples)
        {
            throw file.Damaged($"TIFF data is damaged: bits are given for {bits.Length} of {samples} samples a pixel");
        }

        bool known = planes is 1 or 2 && bits.Length > 0 && Array.TrueForAll(bits, bit => bit == bits[0])
            && (format == 1 || (format == 2 && bits is [8] && photometric == 1));
        known = known && One(file, tags, Tag.FillOrder, 1) == 1 && IsKnown(photometric, bits[0], samples, extra, tags.IsLittleEndian)
            && (!planar || (photometric == 2 && bits[0] == 8 && IsKnownPlanar(samples, extra, compression)));
        if (!known || !Enum.IsDefined((TiffCompression)compression))
        {
            throw file.Refuse(
                $"is a TIFF file of a kind that is not read: compression {compression}, photometric interpretation {photometric}, {samples} samples of {string.Join(", ", bits.Take(8))} bits, sample format {format}");
        }

        bool differences = compression is 5 or 8 or 32946 && One(file, tags, Tag.Predictor, 1) != 1;
        if (differences && (One(file, tags, Tag.Predictor, 1) != 2 || bits[0] < 8))
        {
            throw file.Refuse($"is a TIFF file with predictor {One(file, tags, Tag.Predictor, 1)} of {bits[0]} bits, which is not read");
        }

        long[] colours = tags.Get((int)Tag.Colours) ?? [];
        if (photometric == 3 && (colours.Length == 0 || colours.Length / 3 > 256))
        {
            throw file.Damaged($"TIFF data is damaged: its palette has {colours.Length / 3} colours");
        }

        Palette palette = new();
        for (int i = 0, count = colours.Length / 3; i < Math.Min(count, 256); i++)
        {
            palette.Set(i, (byte)(colours[i] >> 8), (byte)(colours[count + i] >> 8), (byte)(colours[(2 * count) + i] >> 8));
        }

        long blockWidth = tiled ? One(file, tags, Tag.TileWidth, 0) : width;
        long blockHeight = One(file, tags, tiled ? Tag.TileHeight : Tag.StripRows, tiled ? 0 : height);
        if (blockWidth < 1 || blockHeight < 1 || blockWidth > ImageFile.MaxSide + 255 || (tiled && blockHeight > ImageFile.MaxSide + 255))
        {
            throw file.Damaged($"TIFF data is damaged: its blocks have {blockWidth}x{blockHeight} pixels");
        }

        TiffHeader header = new()
        {
            Width = (int)width,
            Height = (int)height,
            IsLittleEndian = tags.IsLittleEndian,
            Bits = (int)bits[0],
            Samples = (int)samples,
            Photometric = (int)photometric,
            IsPremultiplied = photometric == 2 && extra is [1, ..],
            Compression = (TiffCompression)compression,
            IsDifferenced = differences,
            IsPlanar = planar,
            Orientation = (int)Math.Clamp(One(file, tags, Tag.Orientation, 1), 0, 9),
            BlockWidth = (int)blockWidth,
            BlockHeight = (int)Math.Min(blockHeight, DefaultRows),
            IsTiled = tiled,
            Offsets = tags.Get((int)(tiled ? Tag.TileOffsets : Tag.StripOffsets)) ?? throw file.Damaged("TIFF data is damaged: there are no pixels in it"),
            Counts = tags.Get((int)(tiled ? Tag.TileBytes : Tag.StripBytes)) ?? [],
            Palette = palette,
        };
        file.CheckWork(blockWidth * Math.Min(blockHeight, tiled ? blockHeight : height), tiled ? header.Blocks : 1);
        return header;
    }

    /// <summary>The kinds of pixels: those of Pillow without floating-point numbers, YCbCr and LAB.</summary>
    private static bool IsKnown(long photometric, long bits, long samples, long[] extra, bool little) => (photometric, bits, samples, extra.Length) switch
    {
        (0 or 1, 1 or 2 or 4 or 8, 1, 0) or (1, 16, 1, 0) or (3, 1 or 2 or 4 or 8, 1, 0) or (2, 8 or 16, 3, 0) or (2, 8 or 16, 4, 0) or (5, 8 or 16, 4, 0) => true,
        (0, 16, 1, 0) => little,
        (1 or 3, 8, 2, 1) => extra[0] is 0 or 2,
        (2, 8, 4, 1) => extra[0] is 0 or 1 or 2 or 999,
        (2, 16, 4, 1) => extra[0] is 0 or 1 or 2,
        (2, 8, 5 or 6, 2 or 3) => samples == 3 + extra.Length && extra is [0 or 1 or 2, .. var more] && Array.TrueForAll(more, static one => one == 0),
        (5, 8, 5 or 6, 1 or 2) => samples == 4 + extra.Length && Array.TrueForAll(extra, static one => one == 0),
        _ => false,
    };

    /// <summary>The kinds of planes: where there is a fourth one, Pillow reads few of the kinds that it reads of interleaved samples.</summary>
    private static bool IsKnownPlanar(long samples, long[] extra, long compression) => extra switch
    {
        [] => samples == 3,
        [2] or [999] => true,
        [0, .. var more] => compression != (long)TiffCompression.None && Array.TrueForAll(more, static one => one == 0),
        _ => false,
    };

    private static long One(EncodedImage file, TiffDirectory tags, Tag tag, long otherwise) => tags.One(file, (int)tag, otherwise);
}
