using LlavaCuda.Trainer.Charts;

namespace LlavaCuda.Tests.Charts;

public class FontTests
{
    [Fact]
    public void Row_LetterF_HasItsShape()
    {
        string[] rows = [.. Enumerable.Range(0, 9).Select(row => Convert.ToString(Font.Row('F', row), 2).PadLeft(5, '0').Replace('0', '.').Replace('1', '#'))];
        Assert.Equal(["#####", "#....", "#....", "####.", "#....", "#....", "#....", ".....", "....."], rows);
    }

    [Fact]
    public void Row_EveryCharacter_IsDrawnAndUnlikeTheOthers()
    {
        string[] shapes = [.. Enumerable.Range(' ', 96).Select(c => string.Join(',', Enumerable.Range(0, 9).Select(row => Font.Row((char)c, row))))];
        Assert.Equal(96, shapes.Distinct().Count());
        Assert.Equal(Font.Row('\u00e9', 0), Font.Row('\u4e2d', 0));
    }

    [Theory]
    [InlineData("", 5, "")]
    [InlineData("what is left of it", 7, "what is|left of|it")]
    [InlineData("one  two", 4, "one|two")]
    [InlineData("abcdefghij k", 4, "abcd|efgh|ij k")]
    [InlineData("a\r\n\nb", 4, "a||b")]
    public void Wrap_Text_BreaksAtSpaces(string text, int columns, string expected) => Assert.Equal(expected, string.Join('|', Font.Wrap(text, columns)));
}
