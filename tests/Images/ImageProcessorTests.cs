using LlavaCuda.Images;

namespace LlavaCuda.Tests.Images;

public class ImageProcessorTests
{
    [Theory]
    [InlineData(40, 30, 16, 16)]
    [InlineData(30, 40, 16, 11)]
    [InlineData(41, 30, 16, 24)]
    [InlineData(7, 50, 9, 21)]
    [InlineData(50, 7, 21, 8)]
    [InlineData(5, 3, 20, 31)]
    public void Crop_AnySizes_EqualsNaive(int width, int height, int edge, int crop)
    {
        RgbImage image = BicubicResizeTests.Noise(width, height, seed: width);
        foreach (ImageAspect aspect in Enum.GetValues<ImageAspect>())
        {
            RgbImage whole = aspect == ImageAspect.Pad ? NaiveBicubic.PadToSquare(image, 122, 116, 104) : image;
            int shortSide = Math.Min(whole.Width, whole.Height);
            RgbImage resized = NaiveBicubic.Resize(whole, edge * whole.Width / shortSide, edge * whole.Height / shortSide);
            RgbImage expected = NaiveBicubic.CropMiddle(resized, crop);
            ImageProcessor processor = new(new ImageProcessorOptions { ShortestEdge = edge, CropSize = crop, Aspect = aspect });
            Assert.True(expected.Pixels.SequenceEqual(processor.Crop(image).Pixels), $"{aspect}");
        }
    }

    [Fact]
    public void Crop_RandomPaddedSlivers_EqualsNaive()
    {
        Random random = new(8);
        for (int i = 0; i < 40; i++)
        {
            (int width, int height) = (random.Next(1, 6), random.Next(40, 220));
            RgbImage image = i % 2 == 0 ? BicubicResizeTests.Noise(width, height, i) : BicubicResizeTests.Noise(height, width, i);
            int edge = random.Next(1, 40);
            int crop = random.Next(1, 48);
            RgbImage padded = NaiveBicubic.PadToSquare(image, 122, 116, 104);
            RgbImage expected = NaiveBicubic.CropMiddle(NaiveBicubic.Resize(padded, edge, edge), crop);
            ImageProcessor processor = new(new ImageProcessorOptions { ShortestEdge = edge, CropSize = crop, Aspect = ImageAspect.Pad });
            Assert.True(expected.Pixels.SequenceEqual(processor.Crop(image).Pixels), $"{image.Width}x{image.Height} to {edge}, cropped to {crop}");
        }
    }

    [Fact]
    public void Crop_LargerThanPicture_IsBlackAround()
    {
        RgbImage white = new(4, 4);
        white.Pixels.Fill(255);
        RgbImage crop = new ImageProcessor(new ImageProcessorOptions { ShortestEdge = 4, CropSize = 7 }).Crop(white);

        // Three spare columns: two before and one after, as the original rounds.
        for (int i = 0; i < 49; i++)
        {
            bool inside = i % 7 is >= 2 and < 6 && i / 7 is >= 2 and < 6;
            Assert.Equal(inside ? 255 : 0, crop.Pixels[i * 3]);
        }
    }

    [Fact]
    public void Crop_LongThinPicture_TakesLittleMemory()
    {
        RgbImage sliver = new(ImageFile.MaxSide, 1);
        sliver.Pixels.Fill(200);
        foreach (ImageAspect aspect in Enum.GetValues<ImageAspect>())
        {
            RgbImage crop = new ImageProcessor(new ImageProcessorOptions { ShortestEdge = 336, CropSize = 336, Aspect = aspect }).Crop(sliver);
            Assert.Equal(aspect == ImageAspect.Pad ? 122 : 200, crop.Pixels[0]);
        }
    }

    [Fact]
    public void Process_OneColour_IsNormalisedByChannel()
    {
        RgbImage image = new(2, 2, [255, 128, 0, 255, 128, 0, 255, 128, 0, 255, 128, 0]);
        ImageProcessor processor = new(new ImageProcessorOptions { ShortestEdge = 2, CropSize = 2 });
        float[] pixels = new float[processor.Floats];
        processor.Process(image, pixels);
        double[] expected = [(1 - 0.48145466) / 0.26862954, ((128 / 255.0) - 0.4578275) / 0.26130258, -0.40821073 / 0.27577711];
        for (int i = 0; i < pixels.Length; i++)
        {
            Assert.Equal(expected[i / 4], pixels[i], 1e-6);
        }
    }

    [Fact]
    public void Process_SecondTime_AllocatesNothing()
    {
        RgbImage image = BicubicResizeTests.Noise(200, 150, seed: 2);
        ImageProcessor processor = new(new ImageProcessorOptions { ShortestEdge = 56, CropSize = 56, Aspect = ImageAspect.Pad });
        float[] pixels = new float[processor.Floats];
        Allocations.AssertNone(() => processor.Process(image, pixels));
    }

    [Fact]
    public void Process_SpanOfWrongLength_Throws()
    {
        ImageProcessor processor = new(new ImageProcessorOptions { ShortestEdge = 4, CropSize = 4 });
        ArgumentException e = Assert.Throws<ArgumentException>(() => processor.Process(new RgbImage(3, 3), new float[47]));
        Assert.Contains("48", e.Message, StringComparison.Ordinal);
    }
}
