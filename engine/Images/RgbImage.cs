namespace LlavaCuda.Images;

/// <summary>A picture in memory: 8 bits each of red, green and blue, row-major from the top left, without padding between rows.</summary>
public sealed class RgbImage
{
    private readonly byte[] _pixels;

    /// <summary>Initializes a new instance of the <see cref="RgbImage"/> class, all black.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    public RgbImage(int width, int height)
        : this(width, height, new byte[ByteCount(width, height)])
    {
    }

    /// <summary>Initializes a new instance of the <see cref="RgbImage"/> class over existing pixels, which are not copied.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels"><paramref name="width"/> · <paramref name="height"/> · 3 bytes.</param>
    /// <exception cref="ArgumentException">The pixels have another length.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        if (pixels.Length != ByteCount(width, height))
        {
            throw new ArgumentException($"A picture of {width}x{height} takes {ByteCount(width, height)} bytes, not {pixels.Length}.", nameof(pixels));
        }

        Width = width;
        Height = height;
        _pixels = pixels;
    }

    /// <summary>Gets the number of columns.</summary>
    public int Width { get; }

    /// <summary>Gets the number of rows.</summary>
    public int Height { get; }

    /// <summary>Gets all bytes: red, green, blue, red, ...</summary>
    public Span<byte> Pixels => _pixels;

    /// <summary>Looks at one row.</summary>
    /// <param name="y">Row, counted from the top.</param>
    /// <returns>Its <see cref="Width"/> · 3 bytes.</returns>
    public Span<byte> Row(int y) => _pixels.AsSpan(y * Width * 3, Width * 3);

    private static int ByteCount(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        return checked(width * height * 3);
    }
}
