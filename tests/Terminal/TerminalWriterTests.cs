using System.Text;
using LlavaCuda.Trainer;
using LlavaCuda.Trainer.Commands;
using LlavaCuda.Trainer.Terminal;

namespace LlavaCuda.Tests.Terminal;

public class TerminalWriterTests
{
    [Theory]
    [InlineData("plain text, 图像, שלום, emoji 🙂\tand\nlines\r\n", "plain text, 图像, שלום, emoji 🙂\tand\nlines\r\n")]
    [InlineData("\e[2J\e]0;title\a", "␛[2J␛]0;title␇")]
    [InlineData("over\rwritten", "over␍written")]
    [InlineData("a\r\r\nb", "a␍\r\nb")]
    [InlineData("\0\b\v\f\u007f", "␀␈␋␌␡")]
    [InlineData("\u009b31m\u0085", "<U+009B>31m<U+0085>")]
    [InlineData("\u202egnp.exe\u2066x\u2069", "<U+202E>gnp.exe<U+2066>x<U+2069>")]
    public void Write_ControlCharacters_AreShown(string text, string expected)
    {
        Assert.Equal(expected, Written(text, int.MaxValue));
        Assert.Equal(expected, Written(text, 1));
        Assert.Equal(expected.Replace("\r\n", "\n", StringComparison.Ordinal), TerminalText.Clean(text.Replace("\r\n", "\n", StringComparison.Ordinal)));
    }

    /// <summary>Whatever is written, in whatever pieces, nothing of it is left that a terminal obeys.</summary>
    [Fact]
    public void Write_AnyText_LetsNoControlCharacterThrough()
    {
        Random random = new(7);
        for (int run = 0; run < 2000; run++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => (char)(random.Next(3) switch { 0 => random.Next(0xA0), 1 => random.Next(0x2000, 0x2070), _ => random.Next(0xD800) })));
            string written = Written(text, random.Next(1, 5));
            Assert.DoesNotContain(written.Replace("\r\n", "\n", StringComparison.Ordinal), TerminalText.IsControl);
            Assert.DoesNotContain('\e', written);
        }
    }

    [Fact]
    public void WriteLine_LineEndOfTheWriter_Stays()
    {
        using StringWriter inner = new() { NewLine = "\r\n" };
        TerminalWriter.Wrap(inner).WriteLine("a");
        Assert.Equal("a\r\n", inner.ToString());
    }

    [Fact]
    public void Raw_OfAWrappedWriter_IsTheWriter()
    {
        using StringWriter inner = new();
        TextWriter wrapped = TerminalWriter.Wrap(inner);
        Assert.Same(wrapped, TerminalWriter.Wrap(wrapped));
        Assert.Same(inner, TerminalWriter.Raw(wrapped));
        Assert.Same(inner, TerminalWriter.Raw(inner));
    }

    [Theory]
    [InlineData("ask", "--model", "/no/\e[31msuch\u202e", "-q", "hi", "--device", "cpu")]
    [InlineData("ask", "--mod\u009bel", "x")]
    [InlineData("verify", "--model", "a\rb", "--device", "cpu")]
    [InlineData("train", "--stage", "fine\etune")]
    public void Run_ArgumentsWithControlCharacters_AreShownInTheError(params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        Assert.NotEqual(0, Program.Run(args, output, error));
        Assert.Single(error.ToString().TrimEnd('\n').Split('\n'));
        Assert.DoesNotContain(error.ToString(), TerminalText.IsControl);
    }

    [Theory]
    [InlineData("It fails. (Parameter 'ids')", "It fails.")]
    [InlineData("sample 3: It fails. (Parameter 'ids') In the end.", "sample 3: It fails. In the end.")]
    [InlineData("two\r\nlines\e[0m", "two lines␛[0m")]
    public void Line_NotesOfTheFrameworkAndControlCharacters_AreNoText(string message, string expected) => Assert.Equal(expected, ExitCode.Line(new InvalidDataException(message)));

    private static string Written(string text, int piece)
    {
        using StringWriter inner = new() { NewLine = "\n" };
        TextWriter writer = TerminalWriter.Wrap(inner);
        foreach (char[] part in text.Chunk(Math.Min(piece, Math.Max(text.Length, 1))))
        {
            writer.Write(new StringBuilder().Append(part).ToString());
        }

        writer.Flush();
        return inner.ToString();
    }
}
