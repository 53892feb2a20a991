namespace LlavaCuda.Trainer.Training;

/// <summary>A step that was just made.</summary>
/// <param name="Step">Steps made so far.</param>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="Result">What the step came to.</param>
/// <param name="RowsPerSecond">Rows of sequences, pictures included, a second: of this step.</param>
/// <param name="Left">Time that the rest will take at the pace so far.</param>
public readonly record struct TrainingProgress(long Step, long Steps, StepResult Result, double RowsPerSecond, TimeSpan Left);

/// <summary>What an optimizer step came to.</summary>
/// <param name="Loss">Mean loss of its labelled rows, before the update; 0 where it has none.</param>
/// <param name="GradientNorm">Norm of all gradients before clipping.</param>
/// <param name="LearningRate">Rate of the update.</param>
/// <param name="Rows">Rows of its sequences, pictures included.</param>
/// <param name="LabelledRows">Rows that carried loss.</param>
public readonly record struct StepResult(double Loss, double GradientNorm, double LearningRate, long Rows, long LabelledRows);
