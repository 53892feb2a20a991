using System.Buffers.Binary;
using System.IO.Compression;

namespace LlavaCuda.Images.Decoding;

/// <summary>Decodes the first image of TIFF files row by row, whatever the size of strips and tiles; the orientation is applied, as in Pillow.</summary>
internal static class TiffDecoder
{
    /// <summary>Reads the size, as the image is turned.</summary>
    internal static (int Width, int Height) Size(EncodedImage file)
    {
        TiffHeader header = TiffHeader.Read(file);
        return header.Orientation is >= 5 and <= 8 ? (header.Height, header.Width) : (header.Width, header.Height);
    }

    /// <summary>Decodes the image.</summary>
    internal static unsafe RgbImage Decode(EncodedImage file)
    {
        TiffHeader header = TiffHeader.Read(file);
        RgbImage image = new(header.Width, header.Height);
        int blocks = header.Blocks;
        long needed = (long)blocks * (header.IsPlanar ? header.Samples : 1);
        if (header.Offsets.Length < needed || (header.Offsets.Length > needed && header.Compression == TiffCompression.None))
        {
            throw file.Damaged($"TIFF data is damaged: it has {header.Offsets.Length} blocks of pixels; expected {needed}");
        }

        int samples = header.IsPlanar ? 1 : header.Samples;
        byte[] row = new byte[checked((((long)header.BlockWidth * header.Bits * samples) + 7) / 8)];
        TiffPixels pixels = new(header);
        fixed (byte* bytes = file.Bytes)
        {
            for (int block = 0; block < needed; block++)
            {
                int plane = block / blocks;
                int left = block % header.Across * header.BlockWidth;
                int top = block % blocks / header.Across * header.BlockHeight;
                int rows = Math.Min(header.BlockHeight, header.Height - top);
                using Stream stored = Open(file, header, block, bytes);

                // A compressed tile must be whole, also where it reaches beyond the image.
                int all = header.IsTiled && header.Compression != TiffCompression.None ? header.BlockHeight : rows;
                for (int y = 0; y < all; y++)
                {
                    Fill(file, stored, row);
                    if (y >= rows)
                    {
                        continue;
                    }

                    if (header.IsDifferenced)
                    {
                        Sum(header, row, samples);
                    }

                    int columns = Math.Min(header.BlockWidth, header.Width - left);
                    pixels.Expand(row, plane, image.Row(top + y).Slice(left * 3, columns * 3));
                }

                CheckEnd(file, stored);
            }
        }

        return ExifOrientation.Apply(image, header.Orientation);
    }

    private static unsafe Stream Open(EncodedImage file, TiffHeader header, int block, byte* bytes)
    {
        long start = header.Offsets[block];
        long left = Math.Max(file.Bytes.Length - start, 0);
        if (header.Compression != TiffCompression.None)
        {
            // libtiff guesses where only the one block's bytes are missing.
            long count = block < header.Counts.Length ? header.Counts[block] : header.Offsets.Length == 1 ? left : 0;
            left = count <= left ? count : throw file.CutShort();
        }

        Stream stored = new UnmanagedMemoryStream(left == 0 ? bytes : bytes + start, left);
        return header.Compression switch
        {
            TiffCompression.None => stored,
            TiffCompression.PackBits => new TiffPackBits(stored),
            TiffCompression.Lzw => new TiffLzw(stored),
            _ => new ZLibStream(stored, CompressionMode.Decompress),
        };
    }

    private static void Fill(EncodedImage file, Stream stored, byte[] row)
    {
        if (Read(file, stored, row) < row.Length)
        {
            throw file.CutShort();
        }
    }

    /// <summary>Goes on to the checksum behind the last row; where more rows follow, as some writers pad the last block, it is not reached.</summary>
    private static void CheckEnd(EncodedImage file, Stream stored)
    {
        if (stored is ZLibStream)
        {
            Read(file, stored, stackalloc byte[1]);
        }
    }

    private static int Read(EncodedImage file, Stream stored, Span<byte> bytes)
    {
        try
        {
            return stored.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            // The latter where a dictionary is asked for.
            throw file.Damaged("TIFF data is damaged: its pixels cannot be decompressed");
        }
    }

    /// <summary>Undoes the differences to the pixel before.</summary>
    private static void Sum(TiffHeader header, byte[] row, int samples)
    {
        if (header.Bits == 8)
        {
            for (int i = samples; i < row.Length; i++)
            {
                row[i] += row[i - samples];
            }

            return;
        }

        for (int i = samples * 2; i < row.Length; i += 2)
        {
            Span<byte> value = row.AsSpan(i, 2);
            ReadOnlySpan<byte> before = row.AsSpan(i - (samples * 2), 2);
            if (header.IsLittleEndian)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(value, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(value) + BinaryPrimitives.ReadUInt16LittleEndian(before)));
            }
            else
            {
                BinaryPrimitives.WriteUInt16BigEndian(value, (ushort)(BinaryPrimitives.ReadUInt16BigEndian(value) + BinaryPrimitives.ReadUInt16BigEndian(before)));
            }
        }
    }
}
