using System.Text;

namespace LlavaCuda.Trainer.Metrics;

/// <summary>
/// Passes text on until it cannot be written any more (the terminal was closed, the disk under a log is full), then drops it: what a run shows must not end the run. It flushes as the other
/// writer does.
/// </summary>
/// <param name="inner">The other writer; stays the caller's.</param>
internal sealed class TolerantWriter(TextWriter inner) : TextWriter
{
    private bool _gone;

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(value, static (writer, c) => writer.Write(c));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(value, static (writer, text) => writer.Write(text));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(value, static (writer, text) => writer.WriteLine(text));

    /// <inheritdoc/>
    public override void Flush() => Try(0, static (writer, _) => writer.Flush());

    private void Try<T>(T value, Action<TextWriter, T> write)
    {
        if (_gone)
        {
            return;
        }

        try
        {
            write(inner, value);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _gone = true;
        }
    }
}
