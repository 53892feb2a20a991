namespace LlavaCuda.Trainer.Data;

/// <summary>What becomes of a sample that has more rows than allowed.</summary>
public enum TooLongPolicy
{
    /// <summary>Training does not begin; the message names the sample.</summary>
    Error,

    /// <summary>Text at its end is cut off. A sample in which a picture would be cut is still an error.</summary>
    Truncate,

    /// <summary>It is left out and counted.</summary>
    Skip,
}
