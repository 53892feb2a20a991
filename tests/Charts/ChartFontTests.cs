using LlavaCuda.Images;
using LlavaCuda.Trainer.Charts;
using ScottPlot;
using SkiaSharp;

namespace LlavaCuda.Tests.Charts;

public class ChartFontTests
{
    [Theory]
    [InlineData("Inter-Regular.otf", false)]
    [InlineData("Inter-SemiBold.otf", true)]
    public void Draw_Text_IsThatOfTheFontThatTheProgramCarries(string file, bool strong)
    {
        const string Text = "Ragnar\u00f6k, 42 % \u00b1 \u0416\u03bb";
        TextBlock block = new(Text, 20, 400, strong: strong);
        RgbImage drawn = Raster.Draw(400, 40, SKColors.White, canvas => block.Draw(canvas, 3, 3, SKColors.Black));
        using SKTypeface face = SKTypeface.FromFile(Path.Combine(RepositoryFolder.Root, "trainer", "Charts", "Fonts", file));
        using SKFont font = new(face, 20) { Subpixel = true, Hinting = SKFontHinting.None, Edging = SKFontEdging.Antialias };
        using SKPaint paint = new() { Color = SKColors.Black, IsAntialias = true };
        float baseline = 3 + 13.5f + (font.Metrics.XHeight / 2) + 1.6f;
        RgbImage expected = Raster.Draw(400, 40, SKColors.White, canvas => canvas.DrawText(Text, 3, baseline, font, paint));
        Assert.Equal(expected.Pixels.ToArray(), drawn.Pixels.ToArray());
        Assert.True(expected.Pixels.Count((byte)255) < expected.Pixels.Length - 1000);
    }

    [Fact]
    public void Resolvers_AnyNameOfAFont_GiveOurs()
    {
        Assert.Equal("Inter", ChartFont.Family);
        Assert.Single(Fonts.FontResolvers);
        Assert.Equal("Inter", Fonts.Default);
        foreach (string name in new[] { "DejaVu Sans", "Arial", "Segoe UI", "no such font", string.Empty })
        {
            Assert.Same(Fonts.GetTypeface("Inter", bold: false, italic: false), Fonts.GetTypeface(name, bold: false, italic: true));
            Assert.Equal((int)SKFontStyleWeight.SemiBold, Fonts.GetTypeface(name, bold: true, italic: false).FontWeight);
        }
    }

    // The runner cannot hand over half a pair.
    [Fact]
    public void Drawable_HalfOfAPair_IsReplaced() => Assert.Equal("half \u25a1 of a pair", ChartFont.Drawable("half \ud83d of a pair"));

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("nai\u0308ve", "nai\u0308ve")]
    [InlineData("a\tb\u2003c", "a b c")]
    [InlineData("a\u0007\u200bb\ufeff", "ab")]
    [InlineData("\u4e2d\u6587!", "\u25a1\u25a1!")]
    [InlineData("\ud83d\ude00\ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67.", "\u25a1\u25a1.")]
    [InlineData("a\r\nb\rc\nd", "a\nb\nc\nd")]
    [InlineData("\u0394x \u2265 5 \u2192 \u0416\u0443\u043a", "\u0394x \u2265 5 \u2192 \u0416\u0443\u043a")]
    public void Drawable_AnyText_HasGlyphsForAll(string text, string expected)
    {
        Assert.Equal(expected, ChartFont.Drawable(text));
        using SKFont font = ChartFont.Create(12, strong: false);
        Assert.DoesNotContain((ushort)0, font.GetGlyphs(ChartFont.Drawable(text).Replace("\n", string.Empty, StringComparison.Ordinal)));
    }
}
