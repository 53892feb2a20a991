namespace LlavaCuda.Trainer.Training;

/// <summary>Passes everything on and counts the warnings, so that a run with any does not end on "everything is in order".</summary>
internal sealed class RunOutput(ITrainingOutput output) : ITrainingOutput
{
    /// <summary>Gets the number of warnings so far.</summary>
    internal int Warnings { get; private set; }

    /// <inheritdoc/>
    public void Write(string line) => output.Write(line);

    /// <inheritdoc/>
    public void Warn(string line)
    {
        Warnings++;
        output.Warn(line);
    }

    /// <inheritdoc/>
    public void Begin(long done, long steps) => output.Begin(done, steps);

    /// <inheritdoc/>
    public void Report(in TrainingProgress progress) => output.Report(progress);
}
