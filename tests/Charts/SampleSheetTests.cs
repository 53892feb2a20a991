using LlavaCuda.Images;
using LlavaCuda.Trainer.Charts;

namespace LlavaCuda.Tests.Charts;

public class SampleSheetTests
{
    [Fact]
    public void Write_RightAndWrongAnswers_AreGreenAndRed()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("llava-sheet").FullName, "samples.png");
        AnsweredPicture[] samples =
        [
            new(Scene(56, 56, 1), "What colour is the circle?", "red", "red", Right: true),
            new(Scene(56, 56, 2), "How many things are there in this picture, counting those that are cut off?", "Three.", "four", Right: false),
            new(Scene(640, 427, 3), "Describe the picture.", string.Empty, "a photograph that is larger than its place", Right: false),
            new(Scene(30, 112, 4), "Where is the cross?", "at the bottom", "at the bottom", Right: true),
            new(Scene(5, 3, 5), "Na\u00efve?", "an-answer-without-any-space-that-goes-on-and-on", "yes", Right: false),
        ];
        SampleSheet.Write(path, "20 held-out questions: 12 right", samples);
        RgbImage image = ImageFile.Read(path);
        Assert.Equal(1224, image.Width);
        HashSet<Colour> colours = [];
        for (int i = 0; i < image.Pixels.Length; i += 3)
        {
            colours.Add(new Colour(image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2]));
        }

        Assert.Contains(Colour.Right, colours);
        Assert.Contains(Colour.Wrong, colours);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Draw_NoSamples_IsATitle() => Assert.True(SampleSheet.Draw("nothing", []).Width > 100);

    [Fact]
    public void Fit_SmallPicture_GrowsByWholeMultiples()
    {
        RgbImage large = SampleSheet.Fit(new RgbImage(2, 1, [1, 2, 3, 4, 5, 6]), 7);
        Assert.Equal((6, 3), (large.Width, large.Height));
        for (int i = 0; i < 18; i++)
        {
            Assert.Equal(i % 6 < 3 ? 1 : 4, large.Pixels[i * 3]);
        }
    }

    [Theory]
    [InlineData(1000, 500, 100, 50)]
    [InlineData(500, 1, 100, 1)]
    [InlineData(100, 100, 100, 100)]
    public void Fit_LargePicture_Shrinks(int width, int height, int newWidth, int newHeight)
    {
        RgbImage small = SampleSheet.Fit(new RgbImage(width, height), 100);
        Assert.Equal((newWidth, newHeight), (small.Width, small.Height));
    }

    private static RgbImage Scene(int width, int height, int seed)
    {
        Canvas canvas = new(width, height, new Colour(30, 34, 40));
        Random random = new(seed);
        for (int i = 0; i < 3; i++)
        {
            Colour colour = new((byte)random.Next(80, 256), (byte)random.Next(80, 256), (byte)random.Next(80, 256));
            canvas.Dot((random.Next(width), random.Next(height)), Math.Min(width, height) / 6.0, colour);
        }

        return canvas.Image;
    }
}
