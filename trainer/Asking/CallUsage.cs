namespace LlavaCuda.Trainer.Asking;

/// <summary>Tokens that were used.</summary>
/// <param name="Prompt">Of requests.</param>
/// <param name="Answer">Of answers.</param>
/// <param name="BatchPrompt">Of requests of a batch.</param>
/// <param name="BatchAnswer">Of answers of a batch.</param>
internal readonly record struct CallUsage(long Prompt, long Answer, long BatchPrompt = 0, long BatchAnswer = 0)
{
    /// <summary>Gets all of them.</summary>
    internal long Tokens => Prompt + Answer + BatchPrompt + BatchAnswer;

    /// <summary>Adds.</summary>
    public static CallUsage operator +(CallUsage one, CallUsage other) =>
        new(one.Prompt + other.Prompt, one.Answer + other.Answer, one.BatchPrompt + other.BatchPrompt, one.BatchAnswer + other.BatchAnswer);
}
