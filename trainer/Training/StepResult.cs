namespace LlavaCuda.Trainer.Training;

/// <summary>What an optimizer step came to.</summary>
/// <param name="Loss">Mean loss of its labelled rows, before the update; 0 where it has none.</param>
/// <param name="GradientNorm">Norm of all gradients before clipping.</param>
/// <param name="LearningRate">Rate of the update.</param>
/// <param name="Rows">Rows of its sequences, pictures included.</param>
/// <param name="LabelledRows">Rows that carried loss.</param>
public readonly record struct StepResult(double Loss, double GradientNorm, double LearningRate, long Rows, long LabelledRows)
{
    /// <summary>Gets the samples that were left out because of bad images.</summary>
    public int LeftOut { get; init; }
}
