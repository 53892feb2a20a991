using System.Globalization;
using LlavaCuda.Trainer.Terminal;

namespace LlavaCuda.Trainer.Metrics;

/// <summary>
/// Shows how far work on many alike things is: on a terminal one line that is written over, else a line every few seconds.
/// </summary>
internal sealed class CountLine : IDisposable
{
    private readonly TextWriter _output;
    private readonly ProgressStyle _style;
    private readonly TimeProvider _time;
    private readonly string _label;
    private readonly long? _total;
    private readonly long _begin;
    private long _shown;
    private long _done;
    private long _skipped;
    private string _more = string.Empty;
    private int _width;

    /// <summary>Starts the clock.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="label">What is counted.</param>
    /// <param name="total">How many there are, or null where nobody knows.</param>
    /// <param name="style">How to write.</param>
    /// <param name="time">The clock; the system's by default.</param>
    internal CountLine(TextWriter output, string label, long? total, ProgressStyle style, TimeProvider? time = null)
    {
        (_output, _label, _total, _style, _time) = (output, TerminalText.Line(label), total, style, time ?? TimeProvider.System);
        _begin = _shown = _time.GetTimestamp();
    }

    /// <summary>Counts one more.</summary>
    /// <param name="skipped">Whether it took no time, because it was done before; the rate leaves it out.</param>
    /// <param name="more">What else to show, or null.</param>
    internal void Add(bool skipped = false, string? more = null)
    {
        _done++;
        _skipped += skipped ? 1 : 0;
        _more = more ?? string.Empty;
        if (_time.GetElapsedTime(_shown) >= _style.Interval)
        {
            Show();
        }
    }

    /// <summary>Shows the last state and leaves the line.</summary>
    public void Dispose()
    {
        if (_done > 0)
        {
            Show();
            if (_style.Live)
            {
                _output.WriteLine();
            }
        }

        _output.Flush();
    }

    private void Show()
    {
        _shown = _time.GetTimestamp();
        string text = Text();
        if (_style.Live)
        {
            text = text.Length < _style.Width ? text : text[..Math.Max(_style.Width - 1, 0)];
            _output.Write($"\r{text}{new string(' ', Math.Max(_width - text.Length, 0))}");
            _width = text.Length;
        }
        else
        {
            _output.WriteLine(text);
        }

        _output.Flush();
    }

    private string Text()
    {
        double seconds = Math.Max(_time.GetElapsedTime(_begin).TotalSeconds, 1e-9);
        double rate = (_done - _skipped) / seconds;
        string left = _total is { } total && rate > 0 ? $"  left {Duration((total - _done) / rate)}" : string.Empty;
        string of = _total is null ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"/{_total}");
        return string.Create(CultureInfo.InvariantCulture, $"{_label} {_done}{of}  {rate:0.0}/s{(_more.Length > 0 ? "  " + _more : string.Empty)}  {Duration(seconds)}{left}");
    }

    private static string Duration(double seconds)
    {
        TimeSpan time = TimeSpan.FromSeconds(Math.Min(seconds, 1e9));
        return time.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}") : $"{time.Minutes}:{time.Seconds:00}";
    }
}
