namespace LlavaCuda.Images.Decoding;

/// <summary>Pixels of 1, 2, 4 or 8 bits, the first in a byte's high bits.</summary>
internal static class SmallPixels
{
    /// <summary>Unpacks a row.</summary>
    /// <param name="row">The packed pixels.</param>
    /// <param name="bits">Bits of a pixel.</param>
    /// <param name="values">Receives one byte a pixel.</param>
    /// <param name="factor">What each is multiplied by.</param>
    internal static void Unpack(ReadOnlySpan<byte> row, int bits, Span<byte> values, int factor = 1)
    {
        if (bits == 8 && factor == 1)
        {
            row[..values.Length].CopyTo(values);
            return;
        }

        int mask = (1 << bits) - 1;
        for (int x = 0, bit = 0; x < values.Length; x++, bit += bits)
        {
            values[x] = (byte)(((row[bit >> 3] >> (8 - bits - (bit & 7))) & mask) * factor);
        }
    }
}
