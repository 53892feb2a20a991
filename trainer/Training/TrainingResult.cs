namespace LlavaCuda.Trainer.Training;

/// <summary>How a run ended.</summary>
/// <param name="Interrupted">Whether it was stopped before its last step; a checkpoint holds what there is.</param>
/// <param name="Steps">Steps made, those of earlier runs that it went on from included.</param>
/// <param name="LastLoss">Loss of its last step; not a number where this run made none.</param>
/// <param name="Changes">How far each part has moved; empty for an interrupted or a dry run.</param>
public sealed record TrainingResult(bool Interrupted, long Steps, double LastLoss, IReadOnlyList<PartChange> Changes)
{
    /// <summary>Gets the samples that were left out because of bad images, as far as this run met them.</summary>
    public int LeftOut { get; init; }
}
