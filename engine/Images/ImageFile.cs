using System.Runtime.InteropServices;
using LlavaCuda.Formats;
using LlavaCuda.Images.Decoding;
using SkiaSharp;

namespace LlavaCuda.Images;

/// <summary>
/// Reads JPEG, PNG, WebP, GIF, BMP and TIFF (of several frames the first), writes PNG and JPEG. Pixels are those that Pillow's <c>convert("RGB")</c> gives, and a file that
/// Pillow refuses is refused: the alpha channel is dropped and not composited, a palette is expanded, gray is replicated, 16-bit gray is clipped at 255, colour profiles are
/// ignored, and so is the EXIF orientation unless <see cref="ImageReadOptions.Orientation"/> asks for it.
/// </summary>
public static class ImageFile
{
    /// <summary>The most pixels that an image may claim by default; more is refused before memory is taken for them.</summary>
    public const int MaxPixels = 100_000_000;

    /// <summary>The longest side that an image may claim, as in a JPEG file.</summary>
    public const int MaxSide = 65_535;

    private const int HeadBytes = 1 << 16;

    /// <summary>Reads an image from a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How, and what it may cost; null for the defaults.</param>
    /// <returns>The image.</returns>
    /// <exception cref="InvalidDataException">The file is no image, is damaged, cut short or too large, or is a pipe or device.</exception>
    public static RgbImage Read(string path, ImageReadOptions? options = null)
    {
        using FileStream stream = RegularFile.OpenRead(path);
        return Read(stream, path, options);
    }

    /// <summary>Reads an image from what is left of a stream.</summary>
    /// <param name="stream">The bytes of a file.</param>
    /// <param name="name">What error messages call the image.</param>
    /// <param name="options">How, and what it may cost; null for the defaults.</param>
    /// <returns>The image.</returns>
    /// <exception cref="InvalidDataException">The bytes are no image, are damaged, cut short or too large.</exception>
    public static RgbImage Read(Stream stream, string name, ImageReadOptions? options = null)
    {
        options ??= ImageReadOptions.Default;
        options.Validate();
        return Decode(BoundedStream.ReadAll(stream, name, options.MaxBytes), name, options);
    }

    /// <summary>
    /// Reads an image's size from the head of its file, without decoding pixels: a file that is cut short or damaged further on passes. Only where the head does not say
    /// it is the whole file read.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What it may cost; null for the defaults.</param>
    /// <returns>Width and height in pixels, as stored.</returns>
    /// <exception cref="InvalidDataException">The file is empty, no image, or too large.</exception>
    public static (int Width, int Height) ReadSize(string path, ImageReadOptions? options = null)
    {
        options ??= ImageReadOptions.Default;
        options.Validate();
        using FileStream stream = RegularFile.OpenRead(path);
        byte[] head = new byte[HeadBytes];
        int length = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        try
        {
            return Size(new EncodedImage(head.AsSpan(0, length), path, options));
        }
        catch (InvalidDataException) when (length == HeadBytes)
        {
            stream.Position = 0;
            return Size(new EncodedImage(BoundedStream.ReadAll(stream, path, options.MaxBytes), path, options));
        }
    }

    /// <summary>Decodes an image in memory.</summary>
    /// <param name="file">The bytes of a file.</param>
    /// <param name="name">What error messages call the image.</param>
    /// <param name="options">How, and what it may cost; null for the defaults.</param>
    /// <returns>The image.</returns>
    /// <exception cref="InvalidDataException">The bytes are no image, are damaged, cut short or too large.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> file, string name, ImageReadOptions? options = null)
    {
        options ??= ImageReadOptions.Default;
        options.Validate();
        RgbImage image = Decode(new EncodedImage(file, name, options), out int orientation);
        return options.Orientation == ImageOrientation.Exif ? ExifOrientation.Apply(image, orientation) : image;
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
        try
        {
            File.WriteAllBytes(unfinished, file);
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
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

    private static RgbImage Decode(EncodedImage file, out int orientation)
    {
        ReadOnlySpan<byte> bytes = file.Bytes;
        orientation = 1;
        if (JpegMarkers.Accepts(bytes))
        {
            JpegMarkers.Check(file);
            return SkiaDecoder.Decode(file, out orientation);
        }

        if (WebpChunks.Accepts(bytes))
        {
            WebpChunks.Check(file);
            return SkiaDecoder.Decode(file, out orientation);
        }

        if (PngChunks.Accepts(bytes))
        {
            PngHeader header = PngHeader.Read(file);
            orientation = header.Orientation;
            return PngDecoder.Decode(file, header);
        }

        return GifDecoder.Accepts(bytes) ? GifDecoder.Decode(file)
            : BmpDecoder.Accepts(bytes) ? BmpDecoder.Decode(file)
            : TiffDirectory.Accepts(bytes) ? TiffDecoder.Decode(file)
            : throw Unknown(file);
    }

    private static (int Width, int Height) Size(EncodedImage file)
    {
        ReadOnlySpan<byte> bytes = file.Bytes;
        if (PngChunks.Accepts(bytes))
        {
            PngHeader header = PngHeader.Read(file);
            return (header.Width, header.Height);
        }

        return JpegMarkers.Accepts(bytes) || WebpChunks.Accepts(bytes) ? SkiaDecoder.Size(file)
            : GifDecoder.Accepts(bytes) ? GifDecoder.Size(file)
            : BmpDecoder.Accepts(bytes) ? BmpDecoder.Size(file)
            : TiffDirectory.Accepts(bytes) ? TiffDecoder.Size(file)
            : throw Unknown(file);
    }

    private static InvalidDataException Unknown(EncodedImage file) =>
        file.Refuse(file.Bytes.Length == 0 ? "the file is empty (0 bytes)" : "not an image that can be decoded; JPEG, PNG, WebP, GIF, BMP and TIFF can");
}
