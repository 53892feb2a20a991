using System.Text;

namespace LlavaCuda.Trainer.Terminal;

/// <summary>Writes text to a terminal, a pipe or a file, and lets no control character through, see <see cref="TerminalText"/>. What the program itself has to say to a terminal goes to <see cref="Raw"/>.</summary>
internal sealed class TerminalWriter : TextWriter
{
    private static TextWriter? _standardOutput;
    private static TextWriter? _standardError;

    private readonly TextWriter _output;
    private bool _return;

    private TerminalWriter(TextWriter output)
    {
        _output = output;
        NewLine = output.NewLine;
    }

    /// <inheritdoc/>
    public override Encoding Encoding => _output.Encoding;

    /// <summary>Puts standard output and standard error behind the filter, for all that the program writes.</summary>
    internal static void Install()
    {
        (_standardOutput, _standardError) = (Console.Out, Console.Error);
        Console.SetOut(new TerminalWriter(_standardOutput));
        Console.SetError(new TerminalWriter(_standardError));
    }

    /// <summary>Puts a writer behind the filter, unless it is already.</summary>
    /// <param name="output">Where to write.</param>
    internal static TextWriter Wrap(TextWriter output) => output is TerminalWriter || !ReferenceEquals(output, Raw(output)) ? output : new TerminalWriter(output);

    /// <summary>Gets the writer without the filter, for cursor movements and colours of the program's own.</summary>
    /// <param name="output">A writer of either kind.</param>
    internal static TextWriter Raw(TextWriter output) => output switch
    {
        TerminalWriter filter => filter._output,

        // The console puts a lock of its own around what it was given.
        _ when _standardOutput is { } raw && ReferenceEquals(output, Console.Out) => raw,
        _ when _standardError is { } raw && ReferenceEquals(output, Console.Error) => raw,
        _ => output,
    };

    /// <inheritdoc/>
    public override void Write(char value)
    {
        // A carriage return is text before a line feed only.
        if (_return)
        {
            _return = false;
            _output.Write(value == '\n' ? "\r" : TerminalText.Shown('\r'));
        }

        if (value == '\r')
        {
            _return = true;
        }
        else if (TerminalText.IsControl(value))
        {
            _output.Write(TerminalText.Shown(value));
        }
        else
        {
            _output.Write(value);
        }
    }

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int plain = _return ? 0 : Plain(buffer);
            _output.Write(buffer[..plain]);
            buffer = buffer[plain..];
            if (!buffer.IsEmpty)
            {
                Write(buffer[0]);
                buffer = buffer[1..];
            }
        }
    }

    /// <inheritdoc/>
    public override void Flush() => _output.Flush();

    private static int Plain(ReadOnlySpan<char> text)
    {
        int length = 0;
        while (length < text.Length && !TerminalText.IsControl(text[length]))
        {
            length++;
        }

        return length;
    }
}
