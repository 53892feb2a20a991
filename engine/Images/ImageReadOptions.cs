namespace LlavaCuda.Images;

/// <summary>How image files are read and what they may cost.</summary>
public sealed record ImageReadOptions
{
    /// <summary>The largest value of <see cref="MaxPixels"/>: the pixels of an <see cref="RgbImage"/> lie in one array.</summary>
    public const int MostPixels = 700_000_000;

    private const long LeastBytes = 64L << 20;

    /// <summary>Gets the options that are used where none are given.</summary>
    public static ImageReadOptions Default { get; } = new();

    /// <summary>
    /// Gets the most pixels that an image may claim, 1 to <see cref="MostPixels"/>; one that claims more is refused before memory is taken for it. The memory and the
    /// work of a decoder are bounded with it: 5 bytes a pixel (at least 64 MiB), and 10 passes over this many pixels.
    /// </summary>
    public int MaxPixels { get; init; } = ImageFile.MaxPixels;

    /// <summary>Gets which way up images are read.</summary>
    public ImageOrientation Orientation { get; init; }

    /// <summary>Gets the most bytes that reading one image may take, and that its file may have.</summary>
    internal long MaxBytes => Math.Max(LeastBytes, 5L * MaxPixels);

    /// <summary>Gets the most pixels, each counted as often as the file makes the decoder pass over it.</summary>
    internal long MaxWork => Math.Max(LeastBytes, 10L * MaxPixels);

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">One makes no sense.</exception>
    internal void Validate()
    {
        if (MaxPixels is < 1 or > MostPixels)
        {
            throw new ArgumentException($"{nameof(MaxPixels)} is {MaxPixels}; expected 1 to {MostPixels}.");
        }
    }
}
