namespace LlavaCuda.Images.Decoding;

/// <summary>256 colours, three bytes each; an index without a colour is black, as in Pillow.</summary>
internal sealed class Palette
{
    private readonly byte[] _colours = new byte[256 * 3];

    /// <summary>Makes the palette of indices that are gray levels themselves.</summary>
    internal static Palette Gray()
    {
        Palette palette = new();
        for (int i = 0; i < palette._colours.Length; i++)
        {
            palette._colours[i] = (byte)(i / 3);
        }

        return palette;
    }

    /// <summary>Makes the palette of bits: the first index is black, all others are white.</summary>
    internal static Palette BlackAndWhite()
    {
        Palette palette = new();
        palette._colours.AsSpan(3).Fill(255);
        return palette;
    }

    /// <summary>Makes a palette of stored colours.</summary>
    /// <param name="stored">The colours; an incomplete one at the end is left out.</param>
    /// <param name="size">Bytes of a stored colour.</param>
    /// <param name="reversed">Whether blue is stored first.</param>
    internal static Palette From(ReadOnlySpan<byte> stored, int size = 3, bool reversed = false)
    {
        Palette palette = new();
        for (int i = 0; i < Math.Min(stored.Length / size, 256); i++)
        {
            ReadOnlySpan<byte> colour = stored.Slice(i * size, 3);
            palette.Set(i, colour[reversed ? 2 : 0], colour[1], colour[reversed ? 0 : 2]);
        }

        return palette;
    }

    /// <summary>Sets a colour.</summary>
    internal void Set(int index, byte red, byte green, byte blue) =>
        (_colours[index * 3], _colours[(index * 3) + 1], _colours[(index * 3) + 2]) = (red, green, blue);

    /// <summary>Looks up the colours of indices.</summary>
    /// <param name="indices">The indices.</param>
    /// <param name="rgb">Receives three bytes for each.</param>
    internal void Expand(ReadOnlySpan<byte> indices, Span<byte> rgb)
    {
        ReadOnlySpan<byte> colours = _colours;
        rgb = rgb[..(indices.Length * 3)];
        for (int i = 0; i < indices.Length; i++)
        {
            int at = indices[i] * 3;
            (rgb[i * 3], rgb[(i * 3) + 1], rgb[(i * 3) + 2]) = (colours[at], colours[at + 1], colours[at + 2]);
        }
    }
}
