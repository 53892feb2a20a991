using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Tests.Data;

public sealed class JsonLinesTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    // Rows of every length around the size of a block, with both line ends and empty lines between.
    [Fact]
    public void Read_RowsOfAnyLength_AgreeWithATwin()
    {
        Random random = new(4);
        List<(long Line, string Text)> expected = [];
        using (StreamWriter writer = new(_file))
        {
            for (int line = 1; line <= 200; line++)
            {
                int length = random.Next(4) switch { 0 => (1 << 16) + random.Next(-20, 20), 1 => (1 << 18) + 1, _ => random.Next(100) };
                string text = new('é', length / 2);
                bool empty = random.Next(5) == 0;
                writer.Write(empty ? " " : $"{{\"text\": \"{text}\"}}");
                writer.Write(line == 200 ? string.Empty : random.Next(2) == 0 ? "\n" : "\r\n");
                if (!empty)
                {
                    expected.Add((line, text));
                }
            }
        }

        Assert.Equal(expected, JsonLines.Read(_file).Select(static r => (r.Line, r.Row.OptionalText("text")!)));
    }

    [Theory]
    [InlineData("{\"a\": 1}\n{\"a\": 2}\n", 2, 2)]
    [InlineData("{\"a\": 1}\n{\"a\": 2}", 2, 1)]
    [InlineData("{\"a\": 1}\n{\"a\"", null, 1)]
    [InlineData("{\"a\"", null, 0)]
    [InlineData("\n\n", 0, 0)]
    public void Read_LastLineWithoutEnd_CountsOrIsPassedOver(string text, int? rows, int whole)
    {
        File.WriteAllText(_file, text);
        Assert.Equal(whole, JsonLines.Read(_file, whole: true).Count());
        if (rows is { } count)
        {
            Assert.Equal(count, JsonLines.Read(_file).Count());
        }
        else
        {
            Assert.Contains($"{_file}: line ", Assert.Throws<InvalidDataException>(() => JsonLines.Read(_file).Count()).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{\"a\": 1}\n[1]", "line 2: found [1]; expected a JSON object")]
    [InlineData("{\"a\": 1}\n{\"a\": 1, \"a\": 2}", "line 2: the key 'a' occurs twice")]
    [InlineData("{\"a\": 1}\n{\"a\": 1} {\"a\": 2}", "line 2: ")]
    public void Read_RowWrong_NamesFileAndLine(string text, string message)
    {
        File.WriteAllText(_file, text);
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => JsonLines.Read(_file).Count()).Message, StringComparison.Ordinal);
    }
}
