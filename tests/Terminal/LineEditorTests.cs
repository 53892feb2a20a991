using LlavaCuda.Trainer.Terminal;

namespace LlavaCuda.Tests.Terminal;

public class LineEditorTests
{
    private const ConsoleModifiers Control = ConsoleModifiers.Control, Alt = ConsoleModifiers.Alt;

    [Fact]
    public void Read_TypedLine_IsReturnedAndShown()
    {
        (LineEnd end, string text, VirtualTerminal terminal) = Edit(20, static keys => keys.Type("What is it?").Press(ConsoleKey.Enter));
        Assert.Equal((LineEnd.Entered, "What is it?"), (end, text));
        Assert.Equal(["> What is it?", string.Empty], terminal.Rows);
        Assert.Equal((1, 0), (terminal.Row, terminal.Column));
    }

    public static TheoryData<string, ConsoleKey, ConsoleModifiers> Edits() => new()
    {
        { "one two threX", ConsoleKey.Backspace, 0 },
        { "one two X", ConsoleKey.W, Control },
        { "one two X", ConsoleKey.Backspace, Alt },
        { "X", ConsoleKey.U, Control },
        { "Xone two three", ConsoleKey.Home, 0 },
        { "Xone two three", ConsoleKey.A, Control },
        { "one two threXe", ConsoleKey.LeftArrow, 0 },
        { "one two Xthree", ConsoleKey.LeftArrow, Control },
        { "one two Xthree", ConsoleKey.B, Alt },
        { "one two threeX", ConsoleKey.RightArrow, 0 },
        { "one two threeX", ConsoleKey.F12, 0 },
        { "one two threeX", ConsoleKey.G, Control },
        { "one two three\nX", ConsoleKey.Enter, Alt },
        { "one two threeX", ConsoleKey.DownArrow, 0 },
        { "one two threeX", ConsoleKey.UpArrow, 0 },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void Read_Key_EditsTheLine(string expected, ConsoleKey key, ConsoleModifiers modifiers) =>
        Assert.Equal(expected, Edit(30, keys => keys.Type("one two three").Press(key, modifiers).Type("X").Press(ConsoleKey.Enter)).Text);

    [Theory]
    [InlineData(ConsoleKey.Delete, "ne two")]
    [InlineData(ConsoleKey.D, "ne two", ConsoleModifiers.Control)]
    [InlineData(ConsoleKey.K, "", ConsoleModifiers.Control)]
    [InlineData(ConsoleKey.RightArrow, "o|ne two")]
    [InlineData(ConsoleKey.RightArrow, "one| two", ConsoleModifiers.Control)]
    [InlineData(ConsoleKey.E, "one two|", ConsoleModifiers.Control)]
    [InlineData(ConsoleKey.End, "one two|")]
    public void Read_KeyAtTheBeginning_EditsTheLine(ConsoleKey key, string expected, ConsoleModifiers modifiers = 0) =>
        Assert.Equal(
            expected.Contains('|') ? expected : '|' + expected,
            Edit(30, keys => keys.Type("one two").Press(ConsoleKey.Home).Press(key, modifiers).Type("|").Press(ConsoleKey.Enter)).Text);

    [Fact]
    public void Read_History_IsRecalledAndTheDraftKept()
    {
        ScriptedKeys keys = new ScriptedKeys().Type("one").Press(ConsoleKey.Enter).Type("two").Press(ConsoleKey.Enter).Press(ConsoleKey.Enter)
            .Type("dra").Press(ConsoleKey.UpArrow).Press(ConsoleKey.UpArrow).Press(ConsoleKey.UpArrow).Press(ConsoleKey.DownArrow).Press(ConsoleKey.DownArrow).Type("ft").Press(ConsoleKey.Enter)
            .Press(ConsoleKey.P, Control).Press(ConsoleKey.UpArrow).Press(ConsoleKey.Enter);
        LineEditor editor = new(keys, new VirtualTerminal(20), static () => (20, 10));
        Assert.Equal(["one", "two", string.Empty, "draft", "two"], Enumerable.Range(0, 5).Select(_ => editor.Read("> ").Text));
    }

    /// <summary>Line ends within a paste are text, whether the terminal marks pastes or not; Enter enters.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_PasteOfSeveralLines_IsOneText(bool marked)
    {
        (LineEnd end, string text, VirtualTerminal terminal) = Edit(20, keys => keys.Type("a ").Paste("b\nc 图\n\nd\te", marked).Type("f").Press(ConsoleKey.Enter));
        Assert.Equal((LineEnd.Entered, "a b\nc 图\n\nd    ef"), (end, text));
        Assert.Equal(["> a b", "  c 图", string.Empty, "  d    ef", string.Empty], terminal.Rows);
    }

    [Fact]
    public void Read_PasteWithControlCharacters_LeavesThemOut() =>
        Assert.Equal("a[31mb\u202ec", Edit(40, static keys => keys.Paste("a\e[31mb\a\u202ec\u009b", marked: true).Press(ConsoleKey.Enter)).Text);

    /// <summary>Sequences that nobody knows are dropped to their end, and what comes after them in the same read is text.</summary>
    [Theory]
    [InlineData("\e", "a+b")]
    [InlineData("\e[", "a+b")]
    [InlineData("\e[?62;22cc", "ac+b")]
    [InlineData("\e[<0;10;10Mc", "ac+b")]
    [InlineData("\e[1;5Pc", "ac+b")]
    [InlineData("\e[99;9uc", "ac+b")]
    [InlineData("\eOSc", "ac+b")]
    [InlineData("\e]11;rgb:00/00/00\ac", "ac+b")]
    [InlineData("\eP1$r0m\e\\c", "ac+b")]
    [InlineData("\ezc", "ac+b")]
    [InlineData("\e[200~c d\e[201~e", "ac de+b")]
    [InlineData("\e\rc", "a\nc+b")]
    [InlineData("c\e\rd", "ac\nd+b")]
    [InlineData("\e[13;2uc", "a\nc+b")]
    [InlineData("\e[27;2;13~c", "a\nc+b")]
    [InlineData("\ebc", "c+ba")]
    public void Read_EscapeSequence_IsObeyedOrDroppedWhole(string sent, string expected) => Assert.Equal(
        expected, Edit(20, keys => keys.Type("a").Paste(sent, marked: false).Type("+b").Press(ConsoleKey.Enter)).Text);

    [Fact]
    public void Read_InterruptAtAnEmptyPrompt_AsksOnce()
    {
        (LineEnd end, _, VirtualTerminal terminal) = Edit(60, static keys => keys.Press(ConsoleKey.C, Control).Press(ConsoleKey.C, Control));
        Assert.Equal(LineEnd.Interrupted, end);
        Assert.Equal([">", "Press Ctrl-C again to leave, or go on typing.", ">", string.Empty], terminal.Rows);
    }

    [Fact]
    public void Read_InterruptBetweenKeys_DropsTheLineAndGoesOn() =>
        Assert.Equal("new", Edit(60, static keys => keys.Type("old").Press(ConsoleKey.C, Control).Type("x").Press(ConsoleKey.C, Control).Type("new").Press(ConsoleKey.Enter)).Text);

    [Fact]
    public void Read_EndOfInput_IsTold()
    {
        Assert.Equal(LineEnd.EndOfInput, Edit(20, static keys => keys.Press(ConsoleKey.D, Control)).End);
        Assert.Equal(LineEnd.EndOfInput, Edit(20, static keys => keys.Type("and the terminal is gone")).End);
    }

    /// <summary>After any keys, on any width, the terminal shows the text as it is wrapped there, and the cursor where the next letter goes.</summary>
    [Fact]
    public void Read_RandomKeys_AreShownAsTheyAre()
    {
        Random random = new(11);
        string[] letters = ["a", "b", " ", "é", "图", "像", "🙂", "e\u0301", "ש", "-"];
        for (int run = 0; run < 300; run++)
        {
            int columns = random.Next(8, 30);
            ScriptedKeys keys = new();
            for (int i = random.Next(40); i > 0; i--)
            {
                _ = random.Next(8) switch
                {
                    0 => keys.Press(ConsoleKey.LeftArrow),
                    1 => keys.Press(ConsoleKey.Backspace),
                    2 when random.Next(3) == 0 => keys.Press(ConsoleKey.Enter, Alt),
                    3 when random.Next(3) == 0 => keys.Paste("x\ny图", marked: random.Next(2) == 0),
                    4 when random.Next(3) == 0 => keys.Press(ConsoleKey.Home),
                    _ => keys.Type(letters[random.Next(letters.Length)]),
                };
            }

            VirtualTerminal terminal = new(columns);
            (LineEnd end, string text) = new LineEditor(keys.Type("!").Press(ConsoleKey.Enter), terminal, () => (columns, 100)).Read("> ");
            Assert.Equal(LineEnd.Entered, end);
            Assert.Equal([.. Wrapped(text, columns), string.Empty], terminal.Rows[..(terminal.Row + 1)]);
        }
    }

    /// <summary>Of a text that is higher than the terminal the rows around the cursor are shown, so that nothing scrolls away above it.</summary>
    [Fact]
    public void Show_TextHigherThanTheTerminal_ShowsTheRowsAroundTheCursor()
    {
        VirtualTerminal terminal = new(20);
        LineDisplay display = new(terminal, static () => (20, 4));
        LineBuffer line = new();
        line.Insert("1\n2\n3\n4\n5\n6");
        display.Show("> ", line);
        Assert.Equal(["  4", "  5", "  6"], terminal.Rows);
        line.Home();
        for (int i = 0; i < 8; i++)
        {
            line.Left();
        }

        display.Show("> ", line);
        Assert.Equal(["> 1", "  2", "  3"], terminal.Rows.Where(static row => row.Length > 0));
    }

    private static (LineEnd End, string Text, VirtualTerminal Terminal) Edit(int columns, Func<ScriptedKeys, ScriptedKeys> script)
    {
        VirtualTerminal terminal = new(columns);
        (LineEnd end, string text) = new LineEditor(script(new ScriptedKeys()), terminal, () => (columns, 24)).Read("> ");
        return (end, text, terminal);
    }

    // The text as a terminal wraps it that is given all of it at once.
    private static IEnumerable<string> Wrapped(string text, int columns)
    {
        using VirtualTerminal terminal = new(columns);
        terminal.Write("> " + text.Replace("\n", "\r\n  ", StringComparison.Ordinal));
        return [.. terminal.Rows[..(terminal.Row + 1)], .. terminal.Column >= columns ? new[] { string.Empty } : []];
    }
}
