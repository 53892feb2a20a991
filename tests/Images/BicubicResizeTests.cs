using LlavaCuda.Images;

namespace LlavaCuda.Tests.Images;

public class BicubicResizeTests
{
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1, 1, 9, 4)]
    [InlineData(2, 3, 17, 1)]
    [InlineData(64, 48, 64, 20)]
    [InlineData(64, 48, 21, 48)]
    [InlineData(300, 7, 5, 50)]
    [InlineData(31, 29, 32, 30)]
    [InlineData(200, 150, 56, 42)]
    [InlineData(333, 100, 1, 1)]
    public void Resize_AnySizes_EqualsNaive(int width, int height, int newWidth, int newHeight)
    {
        RgbImage image = Noise(width, height, seed: width + height);
        RgbImage expected = NaiveBicubic.Resize(image, newWidth, newHeight);
        RgbImage actual = BicubicResize.Resize(image, newWidth, newHeight);
        Assert.True(expected.Pixels.SequenceEqual(actual.Pixels));
    }

    [Fact]
    public void Resize_RandomSizes_EqualsNaive()
    {
        Random random = new(5);
        for (int i = 0; i < 60; i++)
        {
            RgbImage image = Noise(random.Next(1, 90), random.Next(1, 90), seed: i);
            (int width, int height) = (random.Next(1, 90), random.Next(1, 90));
            Assert.True(
                NaiveBicubic.Resize(image, width, height).Pixels.SequenceEqual(BicubicResize.Resize(image, width, height).Pixels),
                $"{image.Width}x{image.Height} to {width}x{height}");
        }
    }

    [Fact]
    public void Resize_SameSize_ChangesNothing()
    {
        RgbImage image = Noise(37, 23, seed: 1);
        Assert.True(image.Pixels.SequenceEqual(BicubicResize.Resize(image, 37, 23).Pixels));
    }

    [Fact]
    public void Resize_TwoPixelsToFour_HasHandValues()
    {
        // Centres lie at 0.25, 0.75, 1.25 and 1.75. The first takes pixels 0 and 1 at distances 0.25 and 1.25:
        // weights 0.8671875 and -0.0703125 of a sum of 0.796875, so 100 + 100 * (-0.0703125 / 0.796875) = 91.18.
        RgbImage image = new(2, 1, [100, 0, 255, 200, 0, 255]);
        RgbImage wide = BicubicResize.Resize(image, 4, 1);
        Assert.Equal([91, 0, 255, 121, 0, 255, 179, 0, 255, 209, 0, 255], wide.Pixels.ToArray());
    }

    internal static RgbImage Noise(int width, int height, int seed)
    {
        RgbImage image = new(width, height);
        Random random = new(seed);
        random.NextBytes(image.Pixels);

        // Runs of black and white overshoot, which the clamping must catch.
        foreach (ref byte value in image.Pixels)
        {
            value = value < 60 ? (byte)0 : value > 195 ? (byte)255 : value;
        }

        return image;
    }
}
