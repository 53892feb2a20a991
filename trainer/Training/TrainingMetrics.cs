using LlavaCuda.Trainer.Charts;
using LlavaCuda.Trainer.Metrics;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// What a run writes about itself: <c>metrics.jsonl</c>, events for TensorBoard, and <c>loss.png</c>. None of them can end a run: what
/// cannot be written is warned of once, and the
/// run goes on without it.
/// </summary>
internal sealed class TrainingMetrics : IDisposable
{
    private readonly string _folder;
    private readonly string _title;
    private readonly int _stepsPerEpoch;
    private readonly Action<string> _warn;
    private readonly TimeProvider _time;
    private readonly Action<string, string, IReadOnlyList<LossSeries>> _draw;
    private readonly long _begin;
    private readonly TimeSpan _elapsedBefore;
    private MetricsLog? _log;
    private TensorBoardWriter? _events;
    private bool _chartFailed;

    /// <summary>Begins the files, or goes on with those of a run that is resumed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="title">Heads the chart.</param>
    /// <param name="firstStep">Steps that were made before.</param>
    /// <param name="stepsPerEpoch">Steps of a pass over the data.</param>
    /// <param name="warn">Receives what could not be written.</param>
    /// <param name="time">The clock; the system's by default.</param>
    /// <param name="draw">Draws the chart into a file, under its title; <see cref="LossChart"/> by default.</param>
    internal TrainingMetrics(
        string folder, string title, long firstStep, int stepsPerEpoch, Action<string> warn, TimeProvider? time = null, Action<string, string, IReadOnlyList<LossSeries>>? draw = null)
    {
        _draw = draw ?? (static (path, title, series) => LossChart.Write(path, title, series));
        (_folder, _title, _stepsPerEpoch, _warn, _time) = (folder, title, stepsPerEpoch, warn, time ?? TimeProvider.System);
        long? resumed = firstStep > 0 ? firstStep : null;
        string events = Path.Combine(folder, "tensorboard");
        _elapsedBefore = firstStep > 0 ? ElapsedAt(firstStep) : default;
        _log = Open(LogPath, () => new MetricsLog(LogPath, resumed, warn));
        _events = Open(events, () => new TensorBoardWriter(events, resumed, time));
        _begin = _time.GetTimestamp();
    }

    private string LogPath => Path.Combine(_folder, "metrics.jsonl");

    public void Dispose()
    {
        Close(_log);
        Close(_events);
    }

    /// <summary>Writes a step, counted from 1.</summary>
    internal void Append(long step, in StepResult result, double rowsPerSecond)
    {
        ReadOnlySpan<Metric> metrics =
        [
            new("loss", result.Loss), new("learning_rate", result.LearningRate), new("gradient_norm", result.GradientNorm),
            new("tokens", result.Rows), new("labelled_tokens", result.LabelledRows), new("tokens_per_second", rowsPerSecond),
            new("left_out_samples", result.LeftOut),
        ];
        try
        {
            _log?.Append(step, _time.GetUtcNow(), Math.Round((double)step / _stepsPerEpoch, 6), Math.Round(Elapsed().TotalSeconds, 3), metrics);
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
            GiveUp(LogPath, error, ref _log);
        }

        try
        {
            _events?.Append(step, metrics);
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
            GiveUp(Path.Combine(_folder, "tensorboard"), error, ref _events);
        }
    }

    /// <summary>Draws the losses of all steps so far.</summary>
    internal void DrawChart()
    {
        string chart = Path.Combine(_folder, "loss.png"), beside = Path.Combine(_folder, ".loss.writing.png");
        try
        {
            List<ChartPoint> points = _log is null ? [] : [.. MetricsLog.Read(LogPath, "loss").Select(static p => new ChartPoint(p.Step, p.Value))];
            if (points.Count > 0)
            {
                _draw(beside, _title, [new LossSeries("loss", points)]);
                File.Move(beside, chart, overwrite: true);
            }
        }
        catch (Exception error) when (IsOfTheDisk(error) || error is DllNotFoundException or ArgumentException)
        {
            // A run on text alone needs the library of images for this only. Steps that do not rise, in a log that was edited, cannot be drawn.
            if (!_chartFailed)
            {
                _warn($"{chart} could not be written; the run goes on without it: {error.Message}");
            }

            _chartFailed = true;
            TryDelete(beside);
        }
    }

    private static bool IsOfTheDisk(Exception error) => error is IOException or UnauthorizedAccessException or InvalidDataException or InvalidOperationException or NotSupportedException;

    private TimeSpan Elapsed() => _elapsedBefore + _time.GetElapsedTime(_begin);

    // The time that earlier runs trained for, up to the step that this one goes on from.
    private TimeSpan ElapsedAt(long step)
    {
        try
        {
            double seconds = File.Exists(LogPath) ? MetricsLog.Read(LogPath, "elapsed").LastOrDefault(row => row.Step <= step).Value : 0;
            return TimeSpan.FromSeconds(double.IsFinite(seconds) ? Math.Clamp(seconds, 0, 1e10) : 0);
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
            return default;
        }
    }

    private T? Open<T>(string path, Func<T> open)
        where T : class
    {
        try
        {
            return open();
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
            _warn($"{path} cannot be written; the run goes on without it: {error.Message}");
            return null;
        }
    }

    private void GiveUp<T>(string path, Exception error, ref T? writer)
        where T : class, IDisposable
    {
        _warn($"{path} could not be written; the run goes on without it: {error.Message}");
        Close(writer);
        writer = null;
    }

    // A file that could not be written is tried once more when it is closed.
    private static void Close(IDisposable? writer)
    {
        try
        {
            writer?.Dispose();
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
        }
    }
}
