using LlavaCuda.Trainer.Charts;
using LlavaCuda.Trainer.Metrics;

namespace LlavaCuda.Trainer.Training;

/// <summary>What a run writes about itself: <c>metrics.jsonl</c>, events for TensorBoard, and <c>loss.png</c>.</summary>
internal sealed class TrainingMetrics : IDisposable
{
    private readonly string _folder;
    private readonly string _title;
    private readonly MetricsLog _log;
    private readonly TensorBoardWriter _events;

    internal TrainingMetrics(string folder, string title, long firstStep)
    {
        _folder = folder;
        _title = title;
        long? resumed = firstStep > 0 ? firstStep : null;
        _log = new MetricsLog(LogPath, resumed);
        _events = new TensorBoardWriter(Path.Combine(folder, "tensorboard"), resumed);
    }

    private string LogPath => Path.Combine(_folder, "metrics.jsonl");

    public void Dispose()
    {
        _log.Dispose();
        _events.Dispose();
    }

    /// <summary>Writes a step, counted from 1.</summary>
    internal void Append(long step, in StepResult result, double rowsPerSecond)
    {
        ReadOnlySpan<Metric> metrics =
        [
            new("loss", result.Loss), new("learning_rate", result.LearningRate), new("gradient_norm", result.GradientNorm),
            new("tokens", result.Rows), new("labelled_tokens", result.LabelledRows), new("tokens_per_second", rowsPerSecond),
        ];
        _log.Append(step, metrics);
        _events.Append(step, metrics);
    }

    /// <summary>Draws the losses of all steps so far.</summary>
    internal void DrawChart()
    {
        List<LossPoint> points = [.. MetricsLog.Read(LogPath, "loss").Select(static p => new LossPoint(p.Step, p.Value))];
        string beside = Path.Combine(_folder, ".loss.writing.png");
        LossChart.Write(beside, _title, [new LossSeries("loss", points)]);
        File.Move(beside, Path.Combine(_folder, "loss.png"), overwrite: true);
    }
}
