using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Optimizers;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// One optimizer step: the gradients of all its micro-batches, divided by the labelled rows of them all, so that it does not matter how a step is cut into micro-batches; then
/// clipping and AdamW. What is not finite stops the run before it touches a weight.
/// </summary>
internal sealed class StepRunner : IDisposable
{
    private const int Named = 8;
    private readonly Llava _model;
    private readonly Optimizer _optimizer;
    private readonly Arena _arena;
    private readonly LearningRateSchedule _schedule;
    private readonly TrainingOptions _options;
    private readonly SampleStore _samples;
    private readonly List<int> _ofStep = [];

    // Two, so that the next micro-batch's pictures travel while this one's are read; null where the device has no use for it.
    private readonly StagedCopy?[] _staging;
    private LoadedBatch? _ahead;
    private int _turn;

    internal StepRunner(Llava model, Optimizer optimizer, Arena arena, LearningRateSchedule schedule, TrainingOptions options, SampleStore samples)
    {
        _model = model;
        _optimizer = optimizer;
        _arena = arena;
        _schedule = schedule;
        _options = options;
        _samples = samples;
        _staging = [model.Device.CreateStaging(), model.Device.CreateStaging()];
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_staging, static s => s?.Dispose());

    /// <summary>Takes the micro-batches of a step and makes it.</summary>
    internal StepResult Run(BatchLoader loader)
    {
        double loss = 0;
        long rows = 0;
        LoadedBatch batch;
        do
        {
            batch = loader.Take();
            if (batch.IsFirst)
            {
                // Also where the step begins again without a sample whose image turned out to be bad: its first backward pass overwrites the gradients.
                _ofStep.Clear();
                (loss, rows) = (0, 0);
            }

            _ofStep.AddRange(batch.Samples);
            float scale = batch.LabelledRowsOfStep == 0 ? 0 : 1f / batch.LabelledRowsOfStep;
            StagedCopy? arrived = ReferenceEquals(batch, _ahead) ? _staging[_turn] : null;
            SendAhead(loader.Peek());
            double sum = _model.ForwardBackward(batch.Batch, _arena, scale, accumulate: !batch.IsFirst, arrived);
            RequireFinite(sum, "loss", batch.Step, batch.Samples, batch.Batch);
            loss += sum;
            rows += batch.Batch.Rows;
        }
        while (!batch.IsLast);

        float norm = _optimizer.MeasureGradients();
        RequireFinite(norm, "gradient norm", batch.Step, _ofStep, computed: null);
        double factor = _schedule.Factor(batch.Step), rate = _options.LearningRate * factor;
        _optimizer.Step((float)rate, _options.ProjectorLearningRate is { } own ? (float)(own * factor) : null);
        return new StepResult(batch.LabelledRowsOfStep == 0 ? 0 : loss / batch.LabelledRowsOfStep, norm, rate, rows, batch.LabelledRowsOfStep) { LeftOut = batch.LeftOutOfStep };
    }

    private void SendAhead(LoadedBatch? next)
    {
        _turn = 1 - _turn;
        _ahead = _staging[_turn] is null ? null : next;
        _ahead?.Batch.SendAhead(_staging[_turn]!);
    }

    private void RequireFinite(double value, string what, long step, IReadOnlyList<int> samples, PackedBatch? computed)
    {
        if (!double.IsFinite(value))
        {
            throw new NotFiniteNumberException(
                $"The {what} of step {step + 1} is {value}; its weights were not changed. {FirstNonFinite(computed)} is the first bad tensor. Samples: {string.Join(", ", samples.Take(Named).Select(s => _samples[s].Place))}{(samples.Count > Named ? $" and {samples.Count - Named} more" : string.Empty)}.");
        }
    }

    // Where it begins: in a weight, in what the micro-batch computes, or in a gradient.
    private string FirstNonFinite(PackedBatch? computed)
    {
        string? found = _model.FirstNonFiniteWeight() is { } weight ? $"Weight {weight}"
            : computed is not null && _model.FirstNonFiniteActivation(computed, _arena) is { } activation ? activation
            : _model.FirstNonFiniteGradient() is { } gradient ? $"The gradient of {gradient}"
            : "the loss";
        return string.Concat(char.ToUpperInvariant(found[0]).ToString(), found.AsSpan(1));
    }
}
