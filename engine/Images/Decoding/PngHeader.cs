using System.Buffers.Binary;
using System.IO.Hashing;

namespace LlavaCuda.Images.Decoding;

/// <summary>What a PNG file says before its pixels.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Depth">Bits of a sample.</param>
/// <param name="Kind">The colour type: 0 gray, 2 RGB, 3 indices, 4 gray and alpha, 6 RGB and alpha.</param>
/// <param name="Interlaced">Whether the rows come in seven passes.</param>
/// <param name="Palette">The colours of indices.</param>
/// <param name="Orientation">The EXIF orientation, 1 to 8.</param>
/// <param name="Data">Where the first chunk of pixels begins, behind its name.</param>
internal sealed record PngHeader(int Width, int Height, int Depth, int Kind, bool Interlaced, Palette Palette, int Orientation, int Data)
{
    /// <summary>Gets the samples of a pixel.</summary>
    internal int Channels => Kind switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    /// <summary>Reads the chunks before the first one of pixels; their checksums must be right, as in Pillow.</summary>
    internal static PngHeader Read(EncodedImage file)
    {
        ByteReader reader = new(file, PngChunks.SignatureBytes);
        (uint width, uint height, int depth, int kind, bool interlaced) = (0, 0, 0, -1, false);
        ReadOnlySpan<byte> colours = [];
        int orientation = 1;
        while (true)
        {
            ReadOnlySpan<byte> head = reader.Exactly(8);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(head);
            ReadOnlySpan<byte> type = head[4..];
            if (!PngChunks.IsName(type))
            {
                throw file.Damaged("PNG data is damaged: a chunk has no name");
            }

            if (type.SequenceEqual("IDAT"u8))
            {
                break;
            }

            if (type.SequenceEqual("IEND"u8))
            {
                throw file.Damaged("PNG data is damaged: there are no pixels in it");
            }

            int start = (int)reader.Position;
            ReadOnlySpan<byte> data = reader.Exactly(length);
            if (Crc32.HashToUInt32(file.Bytes.Slice(start - 4, (int)length + 4)) != BinaryPrimitives.ReadUInt32BigEndian(reader.Exactly(4)))
            {
                throw file.Damaged($"PNG data is damaged: the checksum of {PngChunks.Name(type)} is wrong");
            }

            PngChunks.Check(file, type, data, kind, depth);
            switch (PngChunks.Name(type))
            {
                case "IHDR":
                    (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt32BigEndian(data[4..]));
                    (depth, kind) = Known(data[8], data[9]) ? (data[8], data[9]) : (depth, kind);
                    interlaced |= data[12] != 0;
                    break;
                case "PLTE" when kind == 3:
                    colours = data;
                    break;
                case "eXIf":
                    orientation = ExifOrientation.Read(data);
                    break;
                case "fcTL" when BinaryPrimitives.ReadUInt64BigEndian(data[4..]) != (((ulong)width << 32) | height) || BinaryPrimitives.ReadUInt64BigEndian(data[12..]) != 0:
                    throw file.Refuse("is an animated PNG file whose first frame does not cover the image");
            }
        }

        if (kind < 0)
        {
            throw file.Damaged("PNG data is damaged: there is no header of a known kind");
        }

        file.CheckSize(width, height);
        return colours.Length / 3 <= 256
            ? new PngHeader((int)width, (int)height, depth, kind, interlaced, Palette.From(colours), orientation, (int)reader.Position)
            : throw file.Damaged($"PNG data is damaged: the palette has {colours.Length / 3} colours");
    }

    private static bool Known(int depth, int kind) => kind switch
    {
        0 => depth is 1 or 2 or 4 or 8 or 16,
        2 or 4 or 6 => depth is 8 or 16,
        3 => depth is 1 or 2 or 4 or 8,
        _ => false,
    };
}
