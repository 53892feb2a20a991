namespace LlavaCuda.Trainer.Training;

/// <summary>Where a training run shows what it does. All calls come from the thread that runs it.</summary>
public interface ITrainingOutput
{
    /// <summary>Shows a line that stays.</summary>
    /// <param name="line">The text.</param>
    public void Write(string line);

    /// <summary>Shows a line that stays and should be noticed.</summary>
    /// <param name="line">The text.</param>
    public void Warn(string line);

    /// <summary>Announces that steps follow.</summary>
    /// <param name="done">Steps that an earlier run has made.</param>
    /// <param name="steps">Steps of the whole run.</param>
    public void Begin(long done, long steps);

    /// <summary>Shows how far the run is; comes after every step.</summary>
    /// <param name="progress">The step that was just made.</param>
    public void Report(in TrainingProgress progress);
}
