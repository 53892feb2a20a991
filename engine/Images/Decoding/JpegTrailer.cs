using System.Buffers.Binary;

namespace LlavaCuda.Images.Decoding;

/// <summary>
/// The segments of a JPEG file after its last pixel, checked as libjpeg checks them on its way to the end of the image: value by value,
/// so that what is wrong before the file ends is refused, and what the end cuts off is not.
/// </summary>
internal static class JpegTrailer
{
    private const int Tables = 4;
    private const int ArithmeticTables = 32;
    private const int MostComponents = 4;

    /// <summary>Checks a segment.</summary>
    /// <param name="marker">Its marker, the second byte.</param>
    /// <param name="rest">What follows the marker, to the end of the file.</param>
    /// <returns>Whether the decoder accepts it, or what there is of it.</returns>
    internal static bool Accepts(int marker, ReadOnlySpan<byte> rest)
    {
        // A second frame, or nothing that is known.
        if (marker is (>= 0xC0 and <= 0xCF and not (0xC4 or 0xCC)) or 0xDE or 0xDF or (>= 0xF0 and <= 0xFD))
        {
            return false;
        }

        if (rest.Length < 2)
        {
            return true;
        }

        int left = BinaryPrimitives.ReadUInt16BigEndian(rest) - 2;
        rest = rest[2..];
        return marker switch
        {
            0xC4 => HuffmanTables(rest, left),
            0xCC => ArithmeticConditions(rest, left),
            0xDA => StartOfScan(rest, left),
            0xDB => QuantizationTables(rest, left),
            0xDD => left == 2,
            _ => true,
        };
    }

    private static bool HuffmanTables(ReadOnlySpan<byte> rest, int left)
    {
        for (; left > 16; left -= 17)
        {
            if (rest.Length < 17)
            {
                return true;
            }

            int count = 0;
            foreach (byte codes in rest.Slice(1, 16))
            {
                count += codes;
            }

            if (count > 256 || count > left - 17)
            {
                return false;
            }

            if (rest.Length < 17 + count)
            {
                return true;
            }

            if ((rest[0] & ~0x10) >= Tables)
            {
                return false;
            }

            left -= count;
            rest = rest[(17 + count)..];
        }

        return left == 0;
    }

    private static bool QuantizationTables(ReadOnlySpan<byte> rest, int left)
    {
        while (left > 0)
        {
            if (rest.Length == 0)
            {
                return true;
            }

            // A table is read whole, also where the segment should have ended within it.
            int size = rest[0] >> 4 != 0 ? 129 : 65;
            if ((rest[0] & 15) >= Tables)
            {
                return false;
            }

            if (rest.Length < size)
            {
                return true;
            }

            left -= size;
            rest = rest[size..];
        }

        return left == 0;
    }

    private static bool ArithmeticConditions(ReadOnlySpan<byte> rest, int left)
    {
        for (; left > 0; left -= 2, rest = rest[2..])
        {
            if (rest.Length < 2)
            {
                return true;
            }

            if (rest[0] >= ArithmeticTables || (rest[0] < ArithmeticTables / 2 && (rest[1] & 15) > rest[1] >> 4))
            {
                return false;
            }
        }

        return left == 0;
    }

    /// <summary>There is no other scan: its header is refused once it is read.</summary>
    private static bool StartOfScan(ReadOnlySpan<byte> rest, int left)
    {
        if (rest.Length == 0)
        {
            return true;
        }

        int components = rest[0];
        return components is > 0 and <= MostComponents && left == (components * 2) + 4 && rest.Length < left;
    }
}
