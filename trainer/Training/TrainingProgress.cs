namespace LlavaCuda.Trainer.Training;

/// <summary>A step that was just made.</summary>
/// <param name="Step">Steps made so far.</param>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="Result">What the step came to.</param>
/// <param name="RowsPerSecond">Rows of sequences, pictures included, a second: of this step.</param>
/// <param name="Left">Time that the rest will take at the pace so far.</param>
public readonly record struct TrainingProgress(long Step, long Steps, StepResult Result, double RowsPerSecond, TimeSpan Left);
