using System.Diagnostics;
using LlavaCuda.Images;

namespace LlavaCuda.Tests.Images;

/// <summary>Files that are small and claim much: what they may cost in memory, passes and pixels.</summary>
public class ImageLimitsTests
{
    [Fact]
    public void Decode_MorePixelsThanAllowed_NamesTheLimit()
    {
        byte[] file = ImageFile.EncodePng(new RgbImage(40, 30));
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => ImageFile.Decode(file, "a.png", new ImageReadOptions { MaxPixels = 1199 }));
        Assert.Contains("40x30", e.Message, StringComparison.Ordinal);
        Assert.Contains("image pixel limit", e.Message, StringComparison.Ordinal);
        Assert.Equal(40, ImageFile.Decode(file, "a.png", new ImageReadOptions { MaxPixels = 1200 }).Width);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(ImageReadOptions.MostPixels + 1)]
    public void Decode_LimitOutOfRange_Throws(int pixels) =>
        Assert.Throws<ArgumentException>(() => ImageFile.Decode(ImageFile.EncodePng(new RgbImage(1, 1)), "a", new ImageReadOptions { MaxPixels = pixels }));

    [Fact]
    public void Decode_AboveTheDefaultLimit_IsReadWhereAsked()
    {
        // 103 million pixels of one bit; the rows of zeros compress a thousandfold.
        const int Side = 10_150;
        byte[] file = PictureBytes.Png(Side, Side, 1, 0, new byte[Side * (1 + ((Side + 7) / 8))]);
        Assert.Throws<InvalidDataException>(() => ImageFile.Decode(file, "large.png"));
        Assert.Equal(Side, ImageFile.Decode(file, "large.png", new ImageReadOptions { MaxPixels = 110_000_000 }).Height);
    }

    [Fact]
    public void Decode_LosslessWebpOfOneColour_IsRefusedBeforeMemoryIsTaken()
    {
        // The header of 10,000 x 10,000 pixels and nothing that could be decoded: what it claims is looked at first.
        byte[] file = [.. "RIFF"u8, 30, 0, 0, 0, .. "WEBPVP8L"u8, 18, 0, 0, 0, 0x2F, 0x0F, 0xE7, 0xC3, 0x09, .. new byte[13]];
        AssertRefused(file, "a lossless WebP file");
    }

    [Fact]
    public void Decode_ProgressiveJpegOfManyPixels_IsRefusedBeforeMemoryIsTaken()
    {
        AssertRefused(Jpeg(0xC2, 9000, 9000, scans: 1), "a progressive JPEG file");
        AssertRefused(Jpeg(0xC0, 9000, 9000, scans: 1, inFirstScan: 1), "a JPEG file of several scans");
    }

    [Fact]
    public void Decode_JpegOfManyScans_IsRefused() => AssertRefused(Jpeg(0xC2, 2000, 2000, scans: 300), "passes over 4000000 pixels");

    [Theory]
    [InlineData(16, 6)]
    [InlineData(8, 2)]
    public void Decode_InterlacedPngOfManyPixels_TakesLittleMoreThanItsPixels(byte depth, byte colourType)
    {
        const int Side = 3000;
        byte[] interlaced = PictureBytes.Png(Side, Side, depth, colourType, new byte[(Side * Side * (colourType == 6 ? 8 : 3)) + (2 * Side)], interlace: 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        RgbImage image = ImageFile.Decode(interlaced, "interlaced.png");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, image.Pixels.Length, image.Pixels.Length + (1 << 20));
    }

    [Fact]
    public void Read_EndlessStream_StopsAtTheLimit()
    {
        using EndlessStream stream = new();
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => ImageFile.Read(stream, "endless", new ImageReadOptions { MaxPixels = 1000 }));
        Assert.StartsWith("endless: ", e.Message, StringComparison.Ordinal);
        Assert.InRange(stream.Given, 1, 256 << 20);
    }

    [Theory]
    [InlineData(1, 65_535)]
    [InlineData(65_535, 1)]
    [InlineData(3, 50_000)]
    public void Crop_PaddedSliver_CostsWhatItsPixelsCost(int width, int height)
    {
        RgbImage sliver = BicubicResizeTests.Noise(width, height, seed: 7);
        ImageProcessor processor = new(new ImageProcessorOptions { ShortestEdge = 336, CropSize = 336, Aspect = ImageAspect.Pad });
        Stopwatch clock = Stopwatch.StartNew();
        processor.Crop(sliver);

        // It took seconds when every pixel of the padding was computed; the bound leaves room for a loaded machine.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
    }

    private static void AssertRefused(byte[] file, string part)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => ImageFile.Decode(file, "bomb"));
        Assert.StartsWith("bomb: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(part, e.Message, StringComparison.Ordinal);
        Assert.Contains("image pixel limit", e.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    /// <summary>The segments of a JPEG file without tables or coefficients.</summary>
    private static byte[] Jpeg(byte frame, ushort width, ushort height, int scans, byte inFirstScan = 3)
    {
        List<byte> file = [0xFF, 0xD8, 0xFF, frame, 0, 17, 8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
        for (int i = 0; i < scans; i++)
        {
            file.AddRange([0xFF, 0xDA, 0, (byte)(6 + (2 * inFirstScan)), inFirstScan, .. new byte[2 * inFirstScan], 0, 63, 0, 1, 2, 3]);
        }

        return [.. file, 0xFF, 0xD9];
    }

    private sealed class EndlessStream : MemoryStream
    {
        internal long Given { get; private set; }

        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count)
        {
            Given += count;
            return count;
        }
    }
}
