using System.Text;

namespace LlavaCuda.Trainer.Terminal;

/// <summary>
/// Edits a line on a terminal: the keys of readline, a history, and texts of several lines, pasted or with Alt-Enter. The libraries for this that can be had count a wide character as one column, or are no longer kept.
/// </summary>
/// <param name="keys">The keys.</param>
/// <param name="terminal">The terminal, unfiltered.</param>
/// <param name="size">Its columns and rows.</param>
internal sealed class LineEditor(IKeySource keys, TextWriter terminal, Func<(int Columns, int Rows)> size)
{
    // Terminals put these around what is pasted, so that line ends in it are told from the Enter key.
    private const string PasteOn = "\e[?2004h", PasteOff = "\e[?2004l", PasteBegin = "[200~", PasteEnd = "\e[201~";
    private const string Question = "Press Ctrl-C again to leave, or go on typing.";
    private const int EmptyReads = 16;

    private readonly List<string> _history = [];
    private readonly LineBuffer _line = new();
    private readonly LineDisplay _display = new(terminal, size);
    private int _past;
    private string _draft = string.Empty;

    /// <summary>Reads a line.</summary>
    /// <param name="prompt">What stands before it.</param>
    /// <returns>The line, and how its editing ended; without <see cref="LineEnd.Entered"/> the line is empty.</returns>
    internal (LineEnd End, string Text) Read(string prompt)
    {
        _line.Set(string.Empty);
        _past = _history.Count;
        terminal.Write(PasteOn);
        try
        {
            LineEnd end = Edit(prompt);
            _display.Leave(prompt, _line);
            if (end != LineEnd.Entered)
            {
                return (end, string.Empty);
            }

            if (_line.Text.Length > 0 && (_history.Count == 0 || _history[^1] != _line.Text))
            {
                _history.Add(_line.Text);
            }

            return (end, _line.Text);
        }
        finally
        {
            terminal.Write(PasteOff);
            terminal.Flush();
        }
    }

    private LineEnd Edit(string prompt)
    {
        bool asked = false;
        for (int empty = 0; empty < EmptyReads;)
        {
            // What waits to be read would be shown at once again.
            if (!keys.IsKeyAvailable)
            {
                _display.Show(prompt, _line);
            }

            ConsoleKeyInfo key = keys.Read();
            if (IsControl(key, 'c'))
            {
                if (asked && _line.Text.Length == 0)
                {
                    return LineEnd.Interrupted;
                }

                _display.Leave(prompt, _line);
                terminal.WriteLine(Question);
                _line.Set(string.Empty);
                asked = true;
                continue;
            }

            // A terminal that is gone sends keys without anything in them.
            empty = key is { Key: 0, KeyChar: '\0' } ? empty + 1 : 0;
            asked = false;
            if (IsControl(key, 'd') && _line.Text.Length == 0)
            {
                return LineEnd.EndOfInput;
            }

            // An Enter with more behind it is a line end of a paste, on terminals that do not mark it.
            if (key.Key == ConsoleKey.Enter && key.Modifiers == 0 && !keys.IsKeyAvailable)
            {
                return LineEnd.Entered;
            }

            Apply(key);
        }

        return LineEnd.EndOfInput;
    }

    private void Apply(ConsoleKeyInfo key)
    {
        bool word = (key.Modifiers & (ConsoleModifiers.Control | ConsoleModifiers.Alt)) != 0;
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                _line.Insert("\n");
                break;
            case ConsoleKey.LeftArrow when word:
                _line.WordLeft();
                break;
            case ConsoleKey.RightArrow when word:
                _line.WordRight();
                break;
            case ConsoleKey.LeftArrow:
                _line.Left();
                break;
            case ConsoleKey.RightArrow:
                _line.Right();
                break;
            case ConsoleKey.UpArrow:
                Recall(_past - 1);
                break;
            case ConsoleKey.DownArrow:
                Recall(_past + 1);
                break;
            case ConsoleKey.Home:
                _line.Home();
                break;
            case ConsoleKey.End:
                _line.End();
                break;
            case ConsoleKey.Delete:
                _line.Delete();
                break;
            case ConsoleKey.Backspace when (key.Modifiers & ConsoleModifiers.Alt) != 0:
                _line.DeleteWord();
                break;
            case ConsoleKey.Backspace:
                _line.Backspace();
                break;
            case ConsoleKey.Escape:
                Escaped();
                break;
            default:
                Letter(key);
                break;
        }
    }

    private void Letter(ConsoleKeyInfo key)
    {
        Action? edit = key.Modifiers switch
        {
            ConsoleModifiers.Control => key.Key switch
            {
                ConsoleKey.A => _line.Home,
                ConsoleKey.B => _line.Left,
                ConsoleKey.D => _line.Delete,
                ConsoleKey.E => _line.End,
                ConsoleKey.F => _line.Right,
                ConsoleKey.H => _line.Backspace,
                ConsoleKey.K => _line.DeleteAfter,
                ConsoleKey.L => () => terminal.Write("\e[H\e[2J"),
                ConsoleKey.N => () => Recall(_past + 1),
                ConsoleKey.P => () => Recall(_past - 1),
                ConsoleKey.U => _line.DeleteBefore,
                ConsoleKey.W => _line.DeleteWord,
                _ => null,
            },
            ConsoleModifiers.Alt => AltKeys(key.Key),
            _ => null,
        };
        if (edit is not null)
        {
            edit();
        }
        else if (key.KeyChar == '\t' || (key.KeyChar != '\0' && !char.IsControl(key.KeyChar)))
        {
            _line.Insert(key.KeyChar.ToString());
        }
    }

    private void Recall(int past)
    {
        if (past < 0 || past > _history.Count)
        {
            return;
        }

        _draft = _past == _history.Count ? _line.Text : _draft;
        _past = past;
        _line.Set(past == _history.Count ? _draft : _history[past]);
    }

    // After an Escape: Alt with a key, where the terminal sent both at once with others; a paste; or a sequence that nobody knows, which
    // is dropped to its end.
    private void Escaped()
    {
        if (!keys.IsKeyAvailable)
        {
            return;
        }

        ConsoleKeyInfo key = keys.Read();
        switch (key.KeyChar)
        {
            case '[':
                Sequence();
                break;
            case 'O' when keys.IsKeyAvailable:
                keys.Read();
                break;
            case ']' or 'P':
                for (char last = '\0'; keys.IsKeyAvailable && last != '\a' && last != '\\';)
                {
                    last = keys.Read().KeyChar;
                }

                break;
            case '\r' or '\n':
                _line.Insert("\n");
                break;
            default:
                if (AltKeys(key.Key == ConsoleKey.NoName ? ConsoleKey.A + (char.ToLowerInvariant(key.KeyChar) - 'a') : key.Key) is { } edit)
                {
                    edit();
                }

                break;
        }
    }

    // ECMA-48: parameters and intermediates, then a last character from @ to ~.
    private void Sequence()
    {
        StringBuilder text = new("[");
        do
        {
            if (!keys.IsKeyAvailable)
            {
                return;
            }

            text.Append(keys.Read().KeyChar);
        }
        while (text[^1] is >= ' ' and <= '?');

        switch (text.ToString())
        {
            case PasteBegin:
                Paste();
                break;

            // Enter with Shift, Alt or Ctrl, on terminals that tell them apart.
            case "[13;2u" or "[13;3u" or "[13;5u" or "[27;2;13~" or "[27;3;13~" or "[27;5;13~":
                _line.Insert("\n");
                break;
        }
    }

    private Action? AltKeys(ConsoleKey key) => key switch
    {
        ConsoleKey.B => _line.WordLeft,
        ConsoleKey.F => _line.WordRight,
        _ => null,
    };

    private void Paste()
    {
        StringBuilder text = new();
        for (int empty = 0; !EndsPaste(text) && empty < EmptyReads;)
        {
            ConsoleKeyInfo key = keys.Read();
            empty = key is { Key: 0, KeyChar: '\0' } ? empty + 1 : 0;
            text.Append(key.Key == ConsoleKey.Escape ? '\e' : key.Key == ConsoleKey.Enter ? '\n' : key.KeyChar);
        }

        _line.Insert((EndsPaste(text) ? text.ToString(0, text.Length - PasteEnd.Length) : text.ToString()).TrimEnd('\n'));
    }

    private static bool EndsPaste(StringBuilder text) =>
        text.Length >= PasteEnd.Length && text.ToString(text.Length - PasteEnd.Length, PasteEnd.Length) == PasteEnd;

    private static bool IsControl(ConsoleKeyInfo key, char letter) =>
        key.KeyChar == letter - 'a' + 1 || (key.Modifiers == ConsoleModifiers.Control && key.Key == ConsoleKey.A + (letter - 'a'));
}
