using System.Globalization;
using System.Text;
using Spectre.Console;

namespace LlavaCuda.Trainer.Terminal;

/// <summary>Shows a line that is being edited, over as many rows of the terminal as it takes, and the cursor in it. Of a text that is higher than the terminal the rows around the cursor are shown.</summary>
/// <param name="terminal">The terminal, unfiltered.</param>
/// <param name="size">Its columns and rows.</param>
internal sealed class LineDisplay(TextWriter terminal, Func<(int Columns, int Rows)> size)
{
    private int _above;

    /// <summary>Shows the text in the place of what was shown before.</summary>
    /// <param name="prompt">What stands before it; following lines are indented as far.</param>
    /// <param name="line">The text and the cursor.</param>
    internal void Show(string prompt, LineBuffer line)
    {
        (int columns, int height) = size();
        (List<string> rows, int row, int column) = Lay(prompt, line, Math.Max(columns, 8));
        int shown = Math.Max(height - 1, 1);
        int first = Math.Clamp(row - shown + 1, 0, Math.Max(rows.Count - shown, 0));
        int last = Math.Min(first + shown, rows.Count);
        StringBuilder text = new();
        Erase(text).AppendJoin("\r\n", rows.GetRange(first, last - first));
        Up(text, last - 1 - row).Append('\r');
        if (column > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\e[{column}C");
        }

        _above = row - first;
        Write(text);
    }

    /// <summary>Shows the whole text once more, and leaves the cursor in a new row below it.</summary>
    /// <param name="prompt">What stands before it.</param>
    /// <param name="line">The text.</param>
    internal void Leave(string prompt, LineBuffer line)
    {
        StringBuilder text = new();
        Erase(text).AppendJoin("\r\n", Lay(prompt, line, Math.Max(size().Columns, 8)).Rows).Append("\r\n");
        _above = 0;
        Write(text);
    }

    private static StringBuilder Up(StringBuilder text, int rows) => rows > 0 ? text.Append(CultureInfo.InvariantCulture, $"\e[{rows}A") : text;

    // The text cut into rows, and where the cursor is. A row that is full to the last column goes on in the next one only with another character, as terminals do, except for the cursor.
    private static (List<string> Rows, int Row, int Column) Lay(string prompt, LineBuffer line, int columns)
    {
        List<string> rows = [];
        StringBuilder row = new(prompt);
        int indent = prompt.GetCellWidth(), width = indent;
        (int Row, int Column) cursor = (-1, 0);
        for (int at = 0; at < line.Text.Length;)
        {
            string element = StringInfo.GetNextTextElement(line.Text, at);
            string shown = TerminalText.Clean(element);
            int cells = element == "\n" ? 0 : shown.GetCellWidth();
            if (element != "\n" && width + cells > columns)
            {
                Break(string.Empty);
            }

            Mark(at);
            at += element.Length;
            if (element == "\n")
            {
                Break(new string(' ', indent));
            }
            else
            {
                row.Append(shown);
                width += cells;
            }
        }

        if (width >= columns)
        {
            Break(string.Empty);
        }

        Mark(line.Text.Length);
        rows.Add(row.ToString());
        return (rows, cursor.Row, cursor.Column);

        void Mark(int at) => cursor = cursor.Row < 0 && at >= line.Cursor ? (rows.Count, Math.Min(width, columns - 1)) : cursor;

        void Break(string start)
        {
            rows.Add(row.ToString());
            row.Clear().Append(start);
            width = start.Length;
        }
    }

    private StringBuilder Erase(StringBuilder text) => Up(text, _above).Append("\r\e[J");

    private void Write(StringBuilder text)
    {
        terminal.Write(text);
        terminal.Flush();
    }
}
