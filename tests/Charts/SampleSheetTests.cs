using LlavaCuda.Images;
using LlavaCuda.Trainer.Charts;
using SkiaSharp;

namespace LlavaCuda.Tests.Charts;

public class SampleSheetTests
{
    [Fact]
    public void Write_RightAndWrongAnswers_AreGreenAndRed()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("llava-sheet").FullName, "samples.png");
        AnsweredImage[] samples =
        [
            new(Scene(56, 56, 1), "What colour is the circle?", "red", "red", Right: true),
            new(Scene(56, 56, 2), "How many things are there in this picture, also those at its edge?", "Three.", "four", Right: false),
            new(Scene(640, 427, 3), "Describe the picture.", string.Empty, "a photograph that is larger than its place", Right: false),
            new(Scene(30, 112, 4), "Where is the cross?", "at the bottom", "at the bottom", Right: true),
            new(Scene(5, 3, 5), "Na\u00efve?", "an-answer-without-any-space-that-goes-on-and-on", "yes", Right: false),
        ];
        SampleSheet.Write(path, "20 held-out questions: 12 right", samples);
        RgbImage image = ImageFile.Read(path);
        Assert.Equal(1224, image.Width);
        Assert.NotEmpty(ChartPixels.Of(image, ChartColours.Right));
        Assert.NotEmpty(ChartPixels.Of(image, ChartColours.Wrong));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Draw_CharactersThatTheTypefaceLacks_AreSaid()
    {
        AnsweredImage latin = new(Scene(56, 56, 1), "What is it?", "red", "red", Right: true);
        int lower = SampleSheet.Draw("sheet", [latin with { Answer = "\u7ea2" }]).Height - SampleSheet.Draw("sheet", [latin]).Height;
        Assert.InRange(lower, 10, 50);
    }

    [Fact]
    public void Draw_AnAnswerWithoutEnd_IsCut()
    {
        string answer = string.Concat(Enumerable.Repeat("on and ", 100_000));
        AnsweredImage endless = new(Scene(56, 56, 1), "What is it?", answer, "red", Right: false);
        Assert.InRange(SampleSheet.Draw("sheet", [endless, endless], columns: 1).Height, 600, 1500);
    }

    [Fact]
    public void Draw_ThousandsOfSamples_DrawsTheFirst()
    {
        AnsweredImage sample = new(Scene(8, 8, 1), "What is it?", "red", "red", Right: true);
        RgbImage sheet = SampleSheet.Draw("sheet", [.. Enumerable.Repeat(sample, 5000)], columns: 400);
        Assert.Equal(12 * 300, sheet.Width - 24);
        Assert.InRange(sheet.Height, 17 * 300, 17 * 500);
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
        Random random = new(seed);
        return Raster.Draw(width, height, new SKColor(30, 34, 40), canvas =>
        {
            for (int i = 0; i < 3; i++)
            {
                SKColor colour = new((byte)random.Next(80, 256), (byte)random.Next(80, 256), (byte)random.Next(80, 256));
                using SKPaint paint = new() { Color = colour };
                canvas.DrawCircle(random.Next(width), random.Next(height), Math.Min(width, height) / 6f, paint);
            }
        });
    }
}
