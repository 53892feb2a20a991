using System.Runtime.Intrinsics;

namespace LlavaCuda.Images.Decoding;

/// <summary>Rows of four bytes a pixel.</summary>
internal static class RgbaPixels
{
    /// <summary>Packs four bytes a pixel to three: drops the alpha channel.</summary>
    /// <param name="rgba">The pixels.</param>
    /// <param name="rgb">Receives three bytes a pixel.</param>
    internal static unsafe void DropAlpha(ReadOnlySpan<byte> rgba, Span<byte> rgb)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rgba.Length / 4, rgb.Length / 3);
        int to = 0;
        fixed (byte* pixels = rgba, target = rgb)
        {
            byte* source = pixels;

            // Each store of 16 bytes brings 12 that count; the next one overwrites the others.
            Vector128<byte> order = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255);
            for (; to <= rgb.Length - 16; to += 12, source += 16)
            {
                Vector128.Shuffle(Vector128.Load(source), order).Store(target + to);
            }

            for (; to < rgb.Length; to += 3, source += 4)
            {
                (target[to], target[to + 1], target[to + 2]) = (source[0], source[1], source[2]);
            }
        }
    }
}
