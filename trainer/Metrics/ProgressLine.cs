using System.Globalization;
using LlavaCuda.Trainer.Terminal;

namespace LlavaCuda.Trainer.Metrics;

/// <summary>
/// Shows how far a training run is: on a terminal one line that is written over, else (a pipe, a log file) a line every few seconds. The first and
/// the last step are always shown.
/// </summary>
internal sealed class ProgressLine : IDisposable
{
    /// <summary>Speeds are means over about this much of the recent past.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private readonly TextWriter _output;
    private readonly TimeProvider _time;
    private readonly ProgressStyle _style;
    private readonly string _label;
    private readonly long _totalSteps;
    private readonly long _begin;
    private long _reported;
    private long? _shown;
    private long _step;
    private double _loss;
    private double _learningRate;
    private double _recentSeconds;
    private double _recentSteps;
    private double _recentTokens;
    private int _width;
    private bool _pending;

    /// <summary>Starts the clock.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="label">What is running, as the name of the stage.</param>
    /// <param name="totalSteps">Steps of the whole run.</param>
    /// <param name="firstStep">Steps that were done before, by an earlier run.</param>
    /// <param name="style">How to write.</param>
    /// <param name="time">The clock; the system's by default.</param>
    internal ProgressLine(TextWriter output, string label, long totalSteps, long firstStep, ProgressStyle style, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        (_output, _label, _totalSteps, _step, _style) = (output, TerminalText.Line(label), totalSteps, firstStep, style);
        _begin = _time.GetTimestamp();
        _reported = _begin;
    }

    /// <summary>A line on the console, in the style that the console allows.</summary>
    internal static ProgressLine ForConsole(TextWriter console, string label, long totalSteps, long firstStep = 0) =>
        new(console, label, totalSteps, firstStep, ProgressStyle.OfConsole());

    /// <summary>Tells that a step is done.</summary>
    /// <param name="step">Its number, from 1 on.</param>
    /// <param name="loss">Its loss.</param>
    /// <param name="learningRate">Its learning rate.</param>
    /// <param name="tokens">Tokens that it went through.</param>
    internal void Report(long step, double loss, double learningRate, long tokens)
    {
        double seconds = _time.GetElapsedTime(_reported).TotalSeconds;
        double keep = Math.Exp(-seconds / Memory.TotalSeconds);
        _recentSeconds = (_recentSeconds * keep) + seconds;
        _recentSteps = (_recentSteps * keep) + (step - _step);
        _recentTokens = (_recentTokens * keep) + tokens;
        _reported = _time.GetTimestamp();
        (_step, _loss, _learningRate, _pending) = (step, loss, learningRate, true);
        if (_shown is not { } shown || step >= _totalSteps || _time.GetElapsedTime(shown) >= _style.Interval)
        {
            Show();
        }
    }

    /// <summary>Writes a line of other text, above the progress where that is written over.</summary>
    internal void WriteLine(string text)
    {
        Erase();
        _output.WriteLine(TerminalText.Clean(text));
        if (_style.Live && _shown is not null)
        {
            Show();
        }
    }

    /// <summary>Shows the last step if it was not yet, and leaves the line.</summary>
    public void Dispose()
    {
        if (_pending)
        {
            Show();
        }

        if (_style.Live && _width > 0)
        {
            _output.WriteLine();
            _width = 0;
        }

        _output.Flush();
    }

    private void Show()
    {
        string text = Text();
        if (_style.Live)
        {
            text = text.Length < _style.Width ? text : text[..Math.Max(_style.Width - 1, 0)];
            _output.Write('\r');
            _output.Write(_style.Colour ? Coloured(text) : text);
            _output.Write(new string(' ', Math.Max(_width - text.Length, 0)));
            _width = text.Length;
        }
        else
        {
            _output.WriteLine(text);
        }

        _output.Flush();
        _shown = _time.GetTimestamp();
        _pending = false;
    }

    private void Erase()
    {
        if (_style.Live && _width > 0)
        {
            _output.Write('\r' + new string(' ', _width) + '\r');
            _width = 0;
        }
    }

    private string Text()
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        string elapsed = Duration(_time.GetElapsedTime(_begin));
        string rate = _recentSeconds > 0 ? Short(_recentTokens / _recentSeconds) : "-";
        string left = _recentSteps > 0 ? Duration(TimeSpan.FromSeconds(Math.Min(_recentSeconds / _recentSteps * (_totalSteps - _step), 1e9))) : "-";
        return string.Create(plain, $"{_label} {_step}/{_totalSteps}  loss {_loss:0.0000}  lr {_learningRate:0.00e+0}  {rate} tokens/s  {elapsed}  left {left}");
    }

    /// <summary>The label stands out, what follows it does not.</summary>
    private string Coloured(string text) => text.Length <= _label.Length ? text : $"\e[1;36m{text[.._label.Length]}\e[0m{text[_label.Length..]}";

    private static string Short(double value) => value switch
    {
        >= 999_500 => (value / 1e6).ToString("0.0", CultureInfo.InvariantCulture) + "M",
        >= 9_995 => (value / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + "k",
        _ => value.ToString("0", CultureInfo.InvariantCulture),
    };

    private static string Duration(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => $"{(int)time.TotalDays}d {time.Hours:00}:{time.Minutes:00}:{time.Seconds:00}",
        { TotalHours: >= 1 } => $"{time.Hours}:{time.Minutes:00}:{time.Seconds:00}",
        _ => $"{time.Minutes}:{time.Seconds:00}",
    };
}
