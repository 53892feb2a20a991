using System.Globalization;
using System.Text;
using Spectre.Console;

namespace LlavaCuda.Tests.Terminal;

/// <summary>As much of a terminal as an editor of lines needs: wraps at its width, a wide character takes two cells, and obeys the few sequences that the editor writes.</summary>
internal sealed class VirtualTerminal(int columns) : TextWriter
{
    private readonly List<string[]> _rows = [new string[columns]];
    private string _escape = string.Empty;
    private string _half = string.Empty;

    public override Encoding Encoding => Encoding.UTF8;

    internal int Row { get; private set; }

    internal int Column { get; private set; }

    /// <summary>Gets the rows from the first to the last one that was ever reached, without trailing blanks.</summary>
    internal string[] Rows => [.. _rows.Select(static row => string.Concat(row.Select(static cell => cell ?? " ")).TrimEnd())];

    public override void Write(char value)
    {
        if (_escape.Length > 0 || value == '\e')
        {
            Escape(value);
        }
        else if (value == '\r')
        {
            Column = 0;
        }
        else if (value == '\n')
        {
            Down();
        }
        else
        {
            Put(value);
        }
    }

    private void Put(char value)
    {
        string cell = _half + value;
        _half = char.IsHighSurrogate(value) ? cell : string.Empty;
        if (_half.Length > 0)
        {
            return;
        }

        int width = cell.GetCellWidth();
        if (width == 0)
        {
            // A mark on the character before.
            _rows[Row][Math.Max(Column - 1, 0)] += cell;
            return;
        }

        if (Column + width > columns)
        {
            Column = 0;
            Down();
        }

        _rows[Row][Column] = cell;
        if (width == 2)
        {
            _rows[Row][Column + 1] = string.Empty;
        }

        Column += width;
    }

    private void Down()
    {
        if (++Row == _rows.Count)
        {
            _rows.Add(new string[columns]);
        }
    }

    private void Escape(char value)
    {
        _escape += value;
        if (!char.IsAsciiLetter(value))
        {
            return;
        }

        string number = string.Concat(_escape.Where(char.IsAsciiDigit));
        int count = number.Length == 0 ? 1 : int.Parse(number, CultureInfo.InvariantCulture);
        switch (value)
        {
            case 'A':
                Row = Math.Max(Row - count, 0);
                break;
            case 'C':
                Column = Math.Min(Column + count, columns - 1);
                break;
            case 'J':
                Array.Clear(_rows[Row], Column, columns - Column);
                for (int row = Row + 1; row < _rows.Count; row++)
                {
                    Array.Clear(_rows[row]);
                }

                break;
            case 'h' or 'l':
                break;
            default:
                Assert.Fail($"The editor wrote {_escape[1..]}.");
                break;
        }

        _escape = string.Empty;
    }
}
