using LlavaCuda.Trainer.Metrics;
using LlavaCuda.Trainer.Terminal;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Commands;

/// <summary>Shows a training run on the console: lines that stay, and the progress below them. A console that is gone does not end the run.</summary>
internal sealed class ConsoleTrainingOutput(string label) : ITrainingOutput, IDisposable
{
    private readonly TolerantWriter _out = new(TerminalWriter.Raw(Console.Out));
    private readonly TolerantWriter _error = new(Console.Error);
    private ProgressLine? _progress;

    public void Dispose()
    {
        _progress?.Dispose();
        _out.Dispose();
        _error.Dispose();
    }

    /// <inheritdoc/>
    public void Write(string line)
    {
        if (_progress is null)
        {
            _out.WriteLine(TerminalText.Clean(line));
        }
        else
        {
            _progress.WriteLine(line);
        }
    }

    /// <inheritdoc/>
    public void Warn(string line)
    {
        // On a terminal both streams share the line of the progress; else warnings belong on the error stream.
        if (Console.IsErrorRedirected || Console.IsOutputRedirected)
        {
            _error.WriteLine($"warning: {line}");
        }
        else
        {
            Write($"warning: {line}");
        }
    }

    /// <inheritdoc/>
    public void Begin(long done, long steps) => _progress = ProgressLine.ForConsole(_out, label, steps, done);

    /// <inheritdoc/>
    public void Report(in TrainingProgress progress) =>
        _progress?.Report(progress.Step, progress.Result.Loss, progress.Result.LearningRate, progress.Result.Rows);
}
