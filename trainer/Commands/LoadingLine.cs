using System.Globalization;
using LlavaCuda.Trainer.Terminal;

namespace LlavaCuda.Trainer.Commands;

/// <summary>Shows on a terminal how much of a model is loaded, and leaves an empty line behind, whatever comes next.</summary>
internal sealed class LoadingLine(TextWriter error) : IDisposable
{
    private readonly bool _live = !Console.IsErrorRedirected && ReferenceEquals(error, Console.Error);
    private int _shown = -1;

    /// <summary>Shows progress.</summary>
    /// <param name="done">Bytes read.</param>
    /// <param name="all">Bytes in all.</param>
    internal void Report(long done, long all)
    {
        int percent = (int)(100.0 * done / Math.Max(all, 1));
        if (_live && percent != _shown)
        {
            TerminalWriter.Raw(error).Write(string.Create(CultureInfo.InvariantCulture, $"\rloading {percent} %"));
            _shown = percent;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_shown >= 0)
        {
            TerminalWriter.Raw(error).Write("\r              \r");
        }
    }
}
