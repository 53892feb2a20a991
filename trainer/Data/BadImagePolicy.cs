namespace LlavaCuda.Trainer.Data;

/// <summary>What becomes of samples whose images cannot be read.</summary>
public enum BadImagePolicy
{
    /// <summary>Training does not begin, or ends when it reaches the sample; the message names it.</summary>
    Error,

    /// <summary>They are left out, named and counted.</summary>
    Skip,
}
