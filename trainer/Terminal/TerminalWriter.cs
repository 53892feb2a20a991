using System.Text;

namespace LlavaCuda.Trainer.Terminal;

/// <summary>Writes text to a terminal, a pipe or a file, and lets no control character through, see <see cref="TerminalText"/>. What the program itself has to say to a terminal goes to <see cref="Raw"/>.</summary>
/// <param name="output">Where to write; stays the caller's.</param>
internal sealed class TerminalWriter(TextWriter output) : TextWriter
{
    private static TextWriter? _standardOutput;
    private static TextWriter? _standardError;

    private bool _return;

    private TextWriter Inner => output;

    /// <inheritdoc/>
    public override Encoding Encoding => output.Encoding;

    /// <summary>Puts standard output and standard error behind the filter, for all that the program writes.</summary>
    internal static void Install()
    {
        (_standardOutput, _standardError) = (Console.Out, Console.Error);
        Console.SetOut(Filter(_standardOutput));
        Console.SetError(Filter(_standardError));
    }

    /// <summary>Puts a writer behind the filter, unless it is already.</summary>
    /// <param name="output">Where to write.</param>
    internal static TextWriter Wrap(TextWriter output) => output is TerminalWriter || !ReferenceEquals(output, Raw(output)) ? output : Filter(output);

    /// <summary>Gets the writer without the filter, for cursor movements and colours of the program's own.</summary>
    /// <param name="output">A writer of either kind.</param>
    internal static TextWriter Raw(TextWriter output) => output switch
    {
        TerminalWriter filter => filter.Inner,

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
            output.Write(value == '\n' ? "\r" : TerminalText.Shown('\r'));
        }

        if (value == '\r')
        {
            _return = true;
        }
        else if (TerminalText.IsControl(value))
        {
            output.Write(TerminalText.Shown(value));
        }
        else
        {
            output.Write(value);
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
            output.Write(buffer[..plain]);
            buffer = buffer[plain..];
            if (!buffer.IsEmpty)
            {
                Write(buffer[0]);
                buffer = buffer[1..];
            }
        }
    }

    /// <inheritdoc/>
    public override void Flush() => output.Flush();

    private static TerminalWriter Filter(TextWriter output) => new(output) { NewLine = output.NewLine };

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
