using System.Globalization;

namespace LlavaCuda.Trainer.Terminal;

/// <summary>A text that is being edited, and a cursor in it which never stands within a character of several code units.</summary>
internal sealed class LineBuffer
{
    /// <summary>Gets the text.</summary>
    internal string Text { get; private set; } = string.Empty;

    /// <summary>Gets the cursor: the code units before it.</summary>
    internal int Cursor { get; private set; }

    /// <summary>Replaces the text; the cursor goes to its end.</summary>
    internal void Set(string text) => (Text, Cursor) = (text, text.Length);

    /// <summary>Inserts at the cursor what is text; a tab becomes spaces, other control characters are left out.</summary>
    internal void Insert(string text)
    {
        string clean = string.Concat(text.Where(static c => c is '\n' or '\t' || !char.IsControl(c))).Replace("\t", "    ", StringComparison.Ordinal);
        Text = Text.Insert(Cursor, clean);
        Cursor += clean.Length;
    }

    /// <summary>Moves by one character.</summary>
    internal void Left() => Cursor = Before(Cursor);

    /// <summary>Moves by one character.</summary>
    internal void Right() => Cursor = After(Cursor);

    /// <summary>Moves to the beginning of the word before the cursor.</summary>
    internal void WordLeft() => Cursor = WordStart();

    /// <summary>Moves to the end of the word after the cursor.</summary>
    internal void WordRight() => Cursor = WordEnd();

    /// <summary>Moves to the beginning of the line.</summary>
    internal void Home() => Cursor = Cursor == 0 ? 0 : Text.LastIndexOf('\n', Cursor - 1) + 1;

    /// <summary>Moves to the end of the line.</summary>
    internal void End() => Cursor = Text.IndexOf('\n', Cursor) is var end and >= 0 ? end : Text.Length;

    /// <summary>Removes the character before the cursor.</summary>
    internal void Backspace() => Remove(Before(Cursor), Cursor);

    /// <summary>Removes the character after the cursor.</summary>
    internal void Delete() => Remove(Cursor, After(Cursor));

    /// <summary>Removes the word before the cursor.</summary>
    internal void DeleteWord() => Remove(WordStart(), Cursor);

    /// <summary>Removes everything before the cursor.</summary>
    internal void DeleteBefore() => Remove(0, Cursor);

    /// <summary>Removes everything after the cursor.</summary>
    internal void DeleteAfter() => Remove(Cursor, Text.Length);

    private int Before(int index) => index == 0 ? 0 : StringInfo.ParseCombiningCharacters(Text[..index])[^1];

    private int After(int index) => index + StringInfo.GetNextTextElementLength(Text, index);

    private int WordStart()
    {
        int at = Cursor;
        while (at > 0 && char.IsWhiteSpace(Text[at - 1]))
        {
            at--;
        }

        while (at > 0 && !char.IsWhiteSpace(Text[at - 1]))
        {
            at--;
        }

        return at;
    }

    private int WordEnd()
    {
        int at = Cursor;
        while (at < Text.Length && char.IsWhiteSpace(Text[at]))
        {
            at++;
        }

        while (at < Text.Length && !char.IsWhiteSpace(Text[at]))
        {
            at++;
        }

        return at;
    }

    private void Remove(int from, int to)
    {
        Text = Text.Remove(from, to - from);
        Cursor = from;
    }
}
