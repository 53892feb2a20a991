using System.Runtime.InteropServices;
using SkiaSharp;

namespace LlavaCuda.Images.Decoding;

/// <summary>Decodes JPEG and WebP files with Skia, whose pixels equal Pillow's; files that Skia takes and Pillow refuses are sorted out before.</summary>
internal static unsafe class SkiaDecoder
{
    // Rows that are decoded at a time where the format allows it: 64 rows of 4,000 pixels take a megabyte.
    private const int Band = 64;

    /// <summary>Decodes the image, or the first frame of an animation.</summary>
    /// <param name="file">The file.</param>
    /// <param name="orientation">The EXIF orientation, 1 to 8.</param>
    /// <returns>The image as it is stored.</returns>
    internal static RgbImage Decode(EncodedImage file, out int orientation)
    {
        SkiaLibrary.Require();
        fixed (byte* bytes = file.Bytes)
        {
            using SKData data = SKData.Create((nint)bytes, file.Bytes.Length);
            using SKCodec codec = Open(file, data);
            (int width, int height) = (codec.Info.Width, codec.Info.Height);
            orientation = (int)codec.EncodedOrigin;
            SKImageInfo info = new(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
            byte[] pixels = codec.EncodedFormat == SKEncodedImageFormat.Jpeg ? Bands(file, codec, info) : AtOnce(file, codec, info);
            return new RgbImage(width, height, pixels);
        }
    }

    /// <summary>Reads the size, for which the head of a file is enough.</summary>
    internal static (int Width, int Height) Size(EncodedImage file)
    {
        SkiaLibrary.Require();
        fixed (byte* bytes = file.Bytes)
        {
            using SKData data = SKData.Create((nint)bytes, file.Bytes.Length);
            using SKCodec codec = Open(file, data);
            return (codec.Info.Width, codec.Info.Height);
        }
    }

    private static SKCodec Open(EncodedImage file, SKData data)
    {
        SKCodec codec = SKCodec.Create(data) ?? throw file.Refuse("not an image that can be decoded: its header is damaged");
        file.CheckSize(codec.Info.Width, codec.Info.Height);
        return codec;
    }

    private static byte[] Bands(EncodedImage file, SKCodec codec, SKImageInfo info)
    {
        Check(file, codec, codec.StartScanlineDecode(info));
        byte[] pixels = GC.AllocateUninitializedArray<byte>(info.Width * info.Height * 3);
        int bandBytes = info.RowBytes * Math.Min(Band, info.Height);
        byte* rgba = (byte*)NativeMemory.Alloc((nuint)bandBytes);
        try
        {
            for (int y = 0; y < info.Height; y += Band)
            {
                int rows = Math.Min(Band, info.Height - y);
                if (codec.GetScanlines((nint)rgba, rows, info.RowBytes) < rows)
                {
                    throw file.CutShort();
                }

                RgbaPixels.DropAlpha(new ReadOnlySpan<byte>(rgba, info.RowBytes * rows), pixels.AsSpan(y * info.Width * 3, rows * info.Width * 3));
            }
        }
        finally
        {
            NativeMemory.Free(rgba);
        }

        return pixels;
    }

    private static byte[] AtOnce(EncodedImage file, SKCodec codec, SKImageInfo info)
    {
        byte* rgba = (byte*)NativeMemory.Alloc((nuint)info.RowBytes, (nuint)info.Height);
        try
        {
            Check(file, codec, codec.GetPixels(info, (nint)rgba));
            byte[] pixels = GC.AllocateUninitializedArray<byte>(info.Width * info.Height * 3);
            for (int y = 0; y < info.Height; y++)
            {
                RgbaPixels.DropAlpha(new ReadOnlySpan<byte>(rgba + ((nint)y * info.RowBytes), info.RowBytes), pixels.AsSpan(y * info.Width * 3, info.Width * 3));
            }

            return pixels;
        }
        finally
        {
            NativeMemory.Free(rgba);
        }
    }

    private static void Check(EncodedImage file, SKCodec codec, SKCodecResult result)
    {
        if (result != SKCodecResult.Success)
        {
            throw result == SKCodecResult.IncompleteInput ? file.CutShort() : file.Damaged($"{codec.EncodedFormat} data is damaged ({result})");
        }
    }
}
