using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SkiaSharp;

namespace LlavaCuda.Images;

/// <summary>
/// Reads JPEG, PNG, WebP, GIF (its first frame) and BMP, writes PNG and JPEG. Pixels are those that Pillow's <c>convert("RGB")</c> gives: the alpha
/// channel is dropped and not composited, a palette is expanded, gray is replicated, colour profiles and the EXIF orientation are ignored.
/// </summary>
public static class ImageFile
{
    /// <summary>The most pixels that a picture may claim; more is refused before memory is taken for them.</summary>
    public const int MaxPixels = 100_000_000;

    /// <summary>The longest side that a picture may claim, as in a JPEG file.</summary>
    public const int MaxSide = 65_535;

    /// <summary>Reads a picture from a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The picture.</returns>
    /// <exception cref="InvalidDataException">The file is no picture, is damaged, cut short or too large.</exception>
    public static RgbImage Read(string path) => Decode(File.ReadAllBytes(path), path);

    /// <summary>Reads a picture from what is left of a stream.</summary>
    /// <param name="stream">The bytes of a file.</param>
    /// <param name="name">What error messages call the picture.</param>
    /// <returns>The picture.</returns>
    /// <exception cref="InvalidDataException">The bytes are no picture, are damaged, cut short or too large.</exception>
    public static RgbImage Read(Stream stream, string name)
    {
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return Decode(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), name);
    }

    /// <summary>Reads an image's size from the head of its file, without decoding pixels: a file that is cut short or damaged further on passes.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Width and height in pixels, as stored.</returns>
    /// <exception cref="InvalidDataException">The file is empty, no image, or too large.</exception>
    public static (int Width, int Height) ReadSize(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length == 0)
        {
            throw new InvalidDataException($"{path}: the file is empty (0 bytes).");
        }

        using SKCodec? codec = SKCodec.Create(file);
        return AcceptedSize(codec, path);
    }

    /// <summary>Decodes a picture in memory.</summary>
    /// <param name="file">The bytes of a file.</param>
    /// <param name="name">What error messages call the picture.</param>
    /// <returns>The picture.</returns>
    /// <exception cref="InvalidDataException">The bytes are no picture, are damaged, cut short or too large.</exception>
    public static unsafe RgbImage Decode(ReadOnlySpan<byte> file, string name)
    {
        SkiaLibrary.Require();
        fixed (byte* bytes = file)
        {
            using SKData data = SKData.Create((nint)bytes, file.Length);
            using SKCodec? codec = SKCodec.Create(data);
            (int width, int height) = AcceptedSize(codec, name);
            byte* rgba = (byte*)NativeMemory.Alloc((nuint)width * (nuint)height, 4);
            try
            {
                SKCodecResult result = codec.GetPixels(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul), (nint)rgba);
                if (result != SKCodecResult.Success)
                {
                    string reason = result == SKCodecResult.IncompleteInput ? "the file is cut short" : $"the {codec.EncodedFormat} data is damaged ({result})";
                    throw new InvalidDataException($"{name}: {reason}.");
                }

                byte[] pixels = GC.AllocateUninitializedArray<byte>(width * height * 3);
                DropAlpha(rgba, pixels);
                return new RgbImage(width, height, pixels);
            }
            finally
            {
                NativeMemory.Free(rgba);
            }
        }
    }

    /// <summary>Writes a picture as PNG or JPEG, by the ending of the name; the file appears only when it is whole.</summary>
    /// <param name="path">The file, ending in .png, .jpg or .jpeg.</param>
    /// <param name="image">The picture.</param>
    /// <param name="quality">JPEG quality, 1 to 100.</param>
    /// <exception cref="ArgumentException">The name has another ending.</exception>
    public static void Write(string path, RgbImage image, int quality = 92)
    {
        byte[] file = Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".PNG" => EncodePng(image),
            ".JPG" or ".JPEG" => EncodeJpeg(image, quality),
            _ => throw new ArgumentException($"{path}: pictures are written as .png or .jpg.", nameof(path)),
        };
        string unfinished = path + ".part";
        File.WriteAllBytes(unfinished, file);
        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>Encodes a picture without loss.</summary>
    /// <param name="image">The picture.</param>
    /// <returns>The bytes of a PNG file.</returns>
    public static byte[] EncodePng(RgbImage image) =>
        Encode(image, pixels => pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.AllFilters, 6)));

    /// <summary>Encodes a picture with loss; the colours keep the full resolution (4:4:4).</summary>
    /// <param name="image">The picture.</param>
    /// <param name="quality">Quality, 1 to 100.</param>
    /// <returns>The bytes of a JPEG file.</returns>
    public static byte[] EncodeJpeg(RgbImage image, int quality = 92) =>
        Encode(image, pixels => pixels.Encode(new SKJpegEncoderOptions(quality, SKJpegEncoderDownsample.Downsample444, SKJpegEncoderAlphaOption.Ignore)));

    private static (int Width, int Height) AcceptedSize([NotNull] SKCodec? codec, string name)
    {
        if (codec is null)
        {
            throw new InvalidDataException($"{name}: not a picture that can be decoded; JPEG, PNG, WebP, GIF and BMP can.");
        }

        (int width, int height) = (codec.Info.Width, codec.Info.Height);
        return width >= 1 && height >= 1 && width <= MaxSide && height <= MaxSide && (long)width * height <= MaxPixels
            ? (width, height)
            : throw new InvalidDataException($"{name}: claims {width}x{height} pixels; at most {MaxSide} a side and {MaxPixels / 1_000_000} million in all are accepted.");
    }

    private static unsafe byte[] Encode(RgbImage image, Func<SKPixmap, SKData?> encode)
    {
        SkiaLibrary.Require();
        byte* rgba = (byte*)NativeMemory.Alloc((nuint)image.Width * (nuint)image.Height, 4);
        try
        {
            ReadOnlySpan<byte> rgb = image.Pixels;
            for (int from = 0, to = 0; from < rgb.Length; from += 3, to += 4)
            {
                rgba[to] = rgb[from];
                rgba[to + 1] = rgb[from + 1];
                rgba[to + 2] = rgb[from + 2];
                rgba[to + 3] = 255;
            }

            using SKPixmap pixels = new(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), (nint)rgba);
            using SKData data = encode(pixels) ?? throw new InvalidOperationException($"A picture of {image.Width}x{image.Height} could not be encoded.");
            return data.ToArray();
        }
        finally
        {
            NativeMemory.Free(rgba);
        }
    }

    /// <summary>Packs four bytes a pixel to three.</summary>
    private static unsafe void DropAlpha(byte* rgba, Span<byte> rgb)
    {
        int to = 0;
        fixed (byte* target = rgb)
        {
            // Each store of 16 bytes brings 12 that count; the next one overwrites the others.
            Vector128<byte> order = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255);
            for (; to <= rgb.Length - 16; to += 12, rgba += 16)
            {
                Vector128.Shuffle(Vector128.Load(rgba), order).Store(target + to);
            }

            for (; to < rgb.Length; to += 3, rgba += 4)
            {
                (target[to], target[to + 1], target[to + 2]) = (rgba[0], rgba[1], rgba[2]);
            }
        }
    }
}
