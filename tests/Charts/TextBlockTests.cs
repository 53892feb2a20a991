using LlavaCuda.Trainer.Charts;
using SkiaSharp;

namespace LlavaCuda.Tests.Charts;

public class TextBlockTests
{
    [Theory]
    [InlineData("", 100, "")]
    [InlineData("what is left of it", 60, "what is|left of it")]
    [InlineData("a\r\n\nb", 100, "a||b")]
    [InlineData("mmmmmmmmmm i", 50, "mmmm|mmmm|mm i")]
    [InlineData("wide", 0, "w|i|d|e")]
    public void Lines_Text_BreakAtSpaces(string text, float width, string expected) =>
        Assert.Equal(expected, string.Join('|', new TextBlock(text, 12, width).Lines));

    [Fact]
    public void Lines_RandomText_FitAndLoseNothing()
    {
        Random random = new(11);
        string[] pieces =
        [
            "a", "word", "  ", " ", "\n", "incomprehensible", "-", "W", "i", "\u0416\u0443\u043a", "\u4e2d\u6587", "\ud83d\ude00",
            "e\u0301", "\u00a0",
        ];
        using SKFont font = ChartFont.Create(13, strong: true);
        for (int round = 0; round < 300; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => pieces[random.Next(pieces.Length)]));
            float width = random.Next(20, 300);
            TextBlock block = new(text, 13, width, strong: true);
            Assert.All(block.Lines, line => Assert.True(font.MeasureText(line) <= width, $"'{line}' is wider than {width}"));
            Assert.True(block.Width <= width + 13);
            Assert.Equal(Letters(ChartFont.Drawable(text)), Letters(string.Concat(block.Lines)));
        }
    }

    [Fact]
    public void Lines_MoreThanThereMayBe_EndInAnEllipsis()
    {
        TextBlock block = new("one two three four five six seven", 12, 50, mostLines: 2);
        Assert.Equal(2, block.Lines.Count);
        Assert.EndsWith("\u2026", block.Lines[1], StringComparison.Ordinal);
        using SKFont font = ChartFont.Create(12, strong: false);
        Assert.True(font.MeasureText(block.Lines[1]) <= 50);
        Assert.Equal(["one two"], new TextBlock("one two", 12, 60, mostLines: 1).Lines);
    }

    [Fact]
    public void Lines_AMillionCharacters_AreReadAsFarAsTheyAreShown()
    {
        TextBlock block = new(new string('x', 1_000_000) + " end", 12, 200, mostLines: 12);
        Assert.Equal(12, block.Lines.Count);
        Assert.Equal(12, new TextBlock(new string('\n', 1_000_000), 12, 200, mostLines: 12).Lines.Count);
    }

    private static string Letters(string text) => string.Concat(text.Where(static c => !char.IsWhiteSpace(c)));
}
