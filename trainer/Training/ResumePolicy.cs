namespace LlavaCuda.Trainer.Training;

/// <summary>What happens when the output folder holds checkpoints.</summary>
public enum ResumePolicy
{
    /// <summary>Training goes on from the newest one, as if it had never stopped.</summary>
    Auto,

    /// <summary>Training begins anew; they are deleted.</summary>
    Never,
}
