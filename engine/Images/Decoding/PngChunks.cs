using System.Buffers.Binary;
using System.Text;

namespace LlavaCuda.Images.Decoding;

/// <summary>The chunks of a PNG file and what Pillow asks of those that are not pixels.</summary>
internal static class PngChunks
{
    /// <summary>Bytes before the first chunk.</summary>
    internal const int SignatureBytes = 8;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    /// <summary>Whether the bytes begin as a PNG file does.</summary>
    internal static bool Accepts(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Signature);

    /// <summary>Whether four bytes can be the name of a chunk.</summary>
    internal static bool IsName(ReadOnlySpan<byte> type)
    {
        foreach (byte letter in type)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter != '_')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Gets a chunk's name.</summary>
    internal static string Name(ReadOnlySpan<byte> type) => Encoding.ASCII.GetString(type[..4]);

    /// <summary>Refuses chunks that are too short or of an unknown kind.</summary>
    /// <param name="file">The file, for errors.</param>
    /// <param name="type">The chunk's name.</param>
    /// <param name="data">Its data.</param>
    /// <param name="kind">The file's colour type, or -1 before it is known.</param>
    /// <param name="depth">Bits of a sample.</param>
    internal static void Check(EncodedImage file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data, int kind, int depth)
    {
        string name = Name(type);
        int least = name switch
        {
            "IHDR" => 13,
            "tRNS" => (kind, depth) switch { (0, _) => 2, (2, _) => 6, _ => 0 },
            "gAMA" => 4,
            "cHRM" => 32,
            "sRGB" => 1,
            "pHYs" => 9,
            "acTL" => 8,
            "fcTL" => 26,
            "iCCP" => data.IndexOf((byte)0) + 2,
            _ => 0,
        };
        if (data.Length < least)
        {
            throw file.Damaged($"PNG data is damaged: {name} is cut short");
        }

        if (name == "IHDR" && data[11] != 0)
        {
            throw file.Refuse($"is a PNG file of filter method {data[11]}; only 0 is known");
        }

        // A profile without a name has its method in the first byte, as Pillow reads it.
        if (name == "iCCP" && data[data.IndexOf((byte)0) + 1] is > 0 and byte method)
        {
            throw file.Refuse($"is a PNG file with a colour profile of compression method {method}; only 0 is known");
        }

        if (name == "zTXt" && data.IndexOf((byte)0) is >= 0 and int end && end + 1 < data.Length && data[end + 1] != 0)
        {
            throw file.Refuse($"is a PNG file with a text of compression method {data[end + 1]}; only 0 is known");
        }
    }

    /// <summary>Refuses a file that ends within a chunk after its pixels; one that ends between two is whole enough.</summary>
    /// <param name="file">The file.</param>
    /// <param name="header">Its header.</param>
    /// <param name="position">The end of the chunk that holds the last pixel.</param>
    internal static void CheckRest(EncodedImage file, PngHeader header, long position)
    {
        ByteReader reader = new(file, 0) { Position = position };
        while (true)
        {
            // The checksum of the chunk before is not compared here.
            reader.UpTo(4);
            ReadOnlySpan<byte> head = reader.UpTo(8);
            if (head.Length < 8 || !IsName(head[4..]) || head[4..].SequenceEqual("IEND"u8) || head[4..].SequenceEqual("fcTL"u8))
            {
                return;
            }

            ReadOnlySpan<byte> data = reader.Exactly(BinaryPrimitives.ReadUInt32BigEndian(head));
            Check(file, head[4..], data, header.Kind, header.Depth);
        }
    }
}
