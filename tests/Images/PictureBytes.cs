using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace LlavaCuda.Tests.Images;

/// <summary>Picture files that no encoder at hand writes, put together by hand.</summary>
internal static class PictureBytes
{
    /// <summary>A PNG file with the given header and compressed rows, which need not fit the header; a chunk may stand before them.</summary>
    internal static byte[] Png(int width, int height, byte depth, byte colourType, byte[] rows, byte interlace = 0, (string Type, byte[] Data)? before = null)
    {
        using MemoryStream file = new();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = (depth, colourType, interlace);
        Chunk(file, "IHDR", header);
        if (before is { } chunk)
        {
            Chunk(file, chunk.Type, chunk.Data);
        }

        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(rows);
        }

        Chunk(file, "IDAT", packed.ToArray());
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    /// <summary>A CMYK JPEG of 8 x 8 pixels of one colour, stored inverted as Adobe's programs do: no frequencies but the lowest.</summary>
    internal static byte[] CmykJpeg(params ReadOnlySpan<byte> stored)
    {
        using MemoryStream file = new();
        file.Write([0xFF, 0xD8]);
        file.Write([0xFF, 0xEE, 0, 14, .. "Adobe"u8, 0, 100, 0, 0, 0, 0, 0]);
        file.Write([0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)1, 64)]);
        file.Write([0xFF, 0xC0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]);

        // Twelve codes of four bits for the categories 0 to 11; then a single code of one bit, end of block.
        file.Write([0xFF, 0xC4, 0, 31, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        file.Write([0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.Write([0xFF, 0xDA, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
        StringBuilder bits = new();
        foreach (byte value in stored)
        {
            int level = (value - 128) * 8;
            int category = level == 0 ? 0 : int.Log2(Math.Abs(level)) + 1;
            int code = level < 0 ? level + (1 << category) - 1 : level;
            bits.Append(Convert.ToString(category, 2).PadLeft(4, '0'));
            bits.Append(category == 0 ? string.Empty : Convert.ToString(code, 2).PadLeft(category, '0')).Append('0');
        }

        bits.Append('1', (8 - (bits.Length % 8)) % 8);
        for (int i = 0; i < bits.Length; i += 8)
        {
            byte next = Convert.ToByte(bits.ToString(i, 8), 2);
            file.Write(next == 0xFF ? [next, 0] : [next]);
        }

        file.Write([0xFF, 0xD9]);
        return file.ToArray();
    }

    private static void Chunk(Stream file, string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        byte[] number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32(body));
        file.Write(number);
    }

    private static uint Crc32(byte[] data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }
}
