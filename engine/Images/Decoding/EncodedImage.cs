namespace LlavaCuda.Images.Decoding;

/// <summary>The bytes of an image file, what messages call it, and what it may cost.</summary>
internal readonly ref struct EncodedImage(ReadOnlySpan<byte> bytes, string name, ImageReadOptions options)
{
    /// <summary>Gets the whole file.</summary>
    internal ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>Gets the options.</summary>
    internal ImageReadOptions Options { get; } = options;

    /// <summary>Makes the error of a file that is not read.</summary>
    /// <param name="reason">Why, without a full stop.</param>
    /// <returns>The error, which names the file.</returns>
    internal InvalidDataException Refuse(string reason) => new($"{name}: {reason}.");

    /// <summary>Makes the error of a file that ends too early.</summary>
    /// <returns>The error.</returns>
    internal InvalidDataException CutShort() => Refuse("the file is cut short");

    /// <summary>Makes the error of data that contradict themselves.</summary>
    /// <param name="what">The format, and what is wrong.</param>
    /// <returns>The error.</returns>
    internal InvalidDataException Damaged(string what) => Refuse($"the {what}");

    /// <summary>Refuses sizes that no image has or that are too large.</summary>
    /// <param name="width">Claimed columns.</param>
    /// <param name="height">Claimed rows.</param>
    internal void CheckSize(long width, long height)
    {
        if (width < 1 || height < 1)
        {
            throw Refuse($"claims {width}x{height} pixels");
        }

        if (width > ImageFile.MaxSide || height > ImageFile.MaxSide || width * height > Options.MaxPixels)
        {
            throw Refuse($"claims {width}x{height} pixels; at most {ImageFile.MaxSide} a side and {Options.MaxPixels} in all are accepted (the image pixel limit)");
        }
    }

    /// <summary>Refuses a file whose decoding would take too much memory.</summary>
    /// <param name="bytes">What it takes, the pixels included.</param>
    /// <param name="kind">The kind of file that needs so much.</param>
    internal void CheckMemory(long bytes, string kind)
    {
        if (bytes > Options.MaxBytes)
        {
            throw Refuse($"{kind} of this size takes {Mebibytes(bytes)} to be decoded; at most {Mebibytes(Options.MaxBytes)} are given to an image (5 bytes a pixel of the image pixel limit)");
        }
    }

    /// <summary>Refuses a file that makes the decoder pass over its pixels too often.</summary>
    /// <param name="pixels">Pixels of the image.</param>
    /// <param name="passes">Passes over them.</param>
    internal void CheckWork(long pixels, long passes)
    {
        if (pixels * passes > Options.MaxWork)
        {
            throw Refuse($"has {passes} passes over {pixels} pixels; at most {Options.MaxWork / 1_000_000} million pixels of work are given to an image (10 times the image pixel limit)");
        }
    }

    /// <summary>Writes bytes as people read them.</summary>
    /// <param name="bytes">The number.</param>
    /// <returns>A number of MiB.</returns>
    internal static string Mebibytes(long bytes) => $"{(bytes + (1 << 20) - 1) >> 20} MiB";
}
