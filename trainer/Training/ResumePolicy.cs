namespace LlavaCuda.Trainer.Training;

/// <summary>What happens when the output folder holds checkpoints.</summary>
public enum ResumePolicy
{
    /// <summary>Training goes on from the newest one, as if it had never stopped.</summary>
    Auto,

    /// <summary>
    /// As <see cref="Auto"/>, but the run may have other steps, and another split of its samples into batch and accumulation with the same number of samples a step. What differs is told.
    /// </summary>
    Changed,

    /// <summary>Training begins anew; they are deleted.</summary>
    Never,
}
