using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LlavaCuda.Images.Decoding;

/// <summary>PNG's row filters, undone.</summary>
internal static class PngFilter
{
    /// <summary>Bytes after a row that are read and written without meaning.</summary>
    internal const int Slack = 8;

    /// <summary>Undoes a filter.</summary>
    /// <param name="filter">Its number in the file.</param>
    /// <param name="pixelBytes">Bytes of a pixel, at least 1.</param>
    /// <param name="stored">The row as it is stored, and <see cref="Slack"/> bytes.</param>
    /// <param name="above">The row above, or zeros; and <see cref="Slack"/> bytes.</param>
    /// <param name="row">Receives the row; and <see cref="Slack"/> bytes.</param>
    /// <param name="length">Bytes of the row.</param>
    /// <returns>Whether there is such a filter.</returns>
    internal static bool Undo(int filter, int pixelBytes, ReadOnlySpan<byte> stored, ReadOnlySpan<byte> above, Span<byte> row, int length)
    {
        switch (filter)
        {
            case 0:
                stored[..length].CopyTo(row);
                return true;
            case 2:
                Up(stored[..length], above[..length], row[..length]);
                return true;
            case 1 or 3 or 4 when pixelBytes >= 2 && Vector128.IsHardwareAccelerated:
                ByPixel(filter, pixelBytes, stored, above, row, length);
                return true;
            case 1 or 3 or 4:
                ByByte(filter, pixelBytes, stored, above, row, length);
                return true;
            default:
                return false;
        }
    }

    private static void Up(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> above, Span<byte> row)
    {
        ReadOnlySpan<Vector<byte>> wide = MemoryMarshal.Cast<byte, Vector<byte>>(stored);
        ReadOnlySpan<Vector<byte>> wideAbove = MemoryMarshal.Cast<byte, Vector<byte>>(above);
        Span<Vector<byte>> wideRow = MemoryMarshal.Cast<byte, Vector<byte>>(row);
        for (int i = 0; i < wide.Length; i++)
        {
            wideRow[i] = wide[i] + wideAbove[i];
        }

        for (int i = wide.Length * Vector<byte>.Count; i < row.Length; i++)
        {
            row[i] = (byte)(stored[i] + above[i]);
        }
    }

    /// <summary>A pixel at a time in lanes of 16 bits; lanes beyond the pixel are overwritten by the next one's.</summary>
    private static unsafe void ByPixel(int filter, int pixelBytes, ReadOnlySpan<byte> stored, ReadOnlySpan<byte> above, Span<byte> row, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length + Slack, Math.Min(stored.Length, Math.Min(above.Length, row.Length)));
        Vector128<short> left = Vector128<short>.Zero;
        Vector128<short> aboveLeft = Vector128<short>.Zero;
        Vector128<short> low = Vector128.Create((short)255);
        fixed (byte* from = stored, up = above, to = row)
        {
            for (int i = 0; i < length; i += pixelBytes)
            {
                Vector128<short> value = Widen(from + i);
                Vector128<short> over = Widen(up + i);
                Vector128<short> guess = filter switch { 1 => left, 3 => (left + over) >> 1, _ => Paeth(left, over, aboveLeft) };
                left = (value + guess) & low;
                aboveLeft = over;
                *(ulong*)(to + i) = Vector128.Narrow(left.AsUInt16(), left.AsUInt16()).AsUInt64().ToScalar();
            }
        }
    }

    private static unsafe Vector128<short> Widen(byte* bytes) => Vector128.WidenLower(Vector128.CreateScalar(*(ulong*)bytes).AsByte()).AsInt16();

    private static Vector128<short> Paeth(Vector128<short> left, Vector128<short> over, Vector128<short> aboveLeft)
    {
        Vector128<short> a = over - aboveLeft;
        Vector128<short> b = left - aboveLeft;
        Vector128<short> toLeft = Vector128.Abs(a);
        Vector128<short> toOver = Vector128.Abs(b);
        Vector128<short> toAboveLeft = Vector128.Abs(a + b);
        Vector128<short> isOver = Vector128.LessThanOrEqual(toOver, toAboveLeft);
        Vector128<short> isLeft = Vector128.LessThanOrEqual(toLeft, Vector128.Min(toOver, toAboveLeft));
        return Vector128.ConditionalSelect(isLeft, left, Vector128.ConditionalSelect(isOver, over, aboveLeft));
    }

    private static void ByByte(int filter, int pixelBytes, ReadOnlySpan<byte> stored, ReadOnlySpan<byte> above, Span<byte> row, int length)
    {
        // Each byte of a pixel by itself, so that what it depends on stays in registers.
        for (int start = 0; start < pixelBytes; start++)
        {
            (int left, int aboveLeft) = (0, 0);
            switch (filter)
            {
                case 1:
                    for (int i = start; i < length; i += pixelBytes)
                    {
                        left = (byte)(stored[i] + left);
                        row[i] = (byte)left;
                    }

                    break;
                case 3:
                    for (int i = start; i < length; i += pixelBytes)
                    {
                        left = (byte)(stored[i] + ((left + above[i]) >> 1));
                        row[i] = (byte)left;
                    }

                    break;
                default:
                    for (int i = start; i < length; i += pixelBytes)
                    {
                        int over = above[i];
                        left = (byte)(stored[i] + Paeth(left, over, aboveLeft));
                        aboveLeft = over;
                        row[i] = (byte)left;
                    }

                    break;
            }
        }
    }

    private static int Paeth(int left, int over, int aboveLeft)
    {
        int toLeft = Distance(over - aboveLeft);
        int toOver = Distance(left - aboveLeft);
        int toAboveLeft = Distance(left + over - (2 * aboveLeft));
        int nearer = toOver < toLeft ? over : left;
        return toAboveLeft < Math.Min(toLeft, toOver) ? aboveLeft : nearer;
    }

    // Without Math.Abs's branch for the one value that has no absolute.
    private static int Distance(int difference) => (difference ^ (difference >> 31)) - (difference >> 31);
}
