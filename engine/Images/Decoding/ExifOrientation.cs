using System.Buffers.Binary;

namespace LlavaCuda.Images.Decoding;

/// <summary>The orientation of EXIF data: how an image is to be turned to be shown.</summary>
internal static class ExifOrientation
{
    private const int Tag = 0x112;
    private const int ShortType = 3;

    /// <summary>Finds the orientation in EXIF data.</summary>
    /// <param name="exif">The data: a TIFF header and its first directory; "Exif" and two zeros may stand before it.</param>
    /// <returns>1 to 8; 1, which changes nothing, where there is none.</returns>
    internal static int Read(ReadOnlySpan<byte> exif)
    {
        exif = exif.StartsWith("Exif\0\0"u8) ? exif[6..] : exif;
        bool little = exif.StartsWith("II*\0"u8);
        if (exif.Length < 8 || (!little && !exif.StartsWith("MM\0*"u8)))
        {
            return 1;
        }

        uint start = little ? BinaryPrimitives.ReadUInt32LittleEndian(exif[4..]) : BinaryPrimitives.ReadUInt32BigEndian(exif[4..]);
        if (start > exif.Length - 2)
        {
            return 1;
        }

        ReadOnlySpan<byte> entries = exif[(int)start..];
        int count = UInt16(entries, little);
        entries = entries[2..];
        for (; count > 0 && entries.Length >= 12; count--, entries = entries[12..])
        {
            if (UInt16(entries, little) == Tag && UInt16(entries[2..], little) == ShortType)
            {
                return UInt16(entries[8..], little) is >= 1 and <= 8 and int orientation ? orientation : 1;
            }
        }

        return 1;
    }

    /// <summary>Turns an image as an orientation says.</summary>
    /// <param name="image">The image as it is stored.</param>
    /// <param name="orientation">1 to 8.</param>
    /// <returns>The image as it is shown: the same one where nothing changes.</returns>
    internal static RgbImage Apply(RgbImage image, int orientation)
    {
        if (orientation is < 2 or > 8)
        {
            return image;
        }

        // From 5 on rows become columns; the others are mirrored only.
        bool turned = orientation >= 5;
        bool mirroredX = orientation is 2 or 3 or 6 or 7;
        bool mirroredY = orientation is 3 or 4 or 7 or 8;
        (int width, int height) = turned ? (image.Height, image.Width) : (image.Width, image.Height);
        RgbImage shown = new(width, height);
        for (int y = 0; y < height; y++)
        {
            Span<byte> row = shown.Row(y);
            int sourceY = mirroredY ? height - 1 - y : y;
            for (int x = 0; x < width; x++)
            {
                int sourceX = mirroredX ? width - 1 - x : x;
                ReadOnlySpan<byte> pixel = turned ? image.Row(sourceX).Slice(sourceY * 3, 3) : image.Row(sourceY).Slice(sourceX * 3, 3);
                pixel.CopyTo(row[(x * 3)..]);
            }
        }

        return shown;
    }

    private static int UInt16(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
