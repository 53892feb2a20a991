namespace LlavaCuda.Trainer.Evaluation.Reviews;

/// <summary>What a judge is sent, character by character as the original sends it.</summary>
internal static class ReviewRequest
{
    /// <summary>The system text.</summary>
    internal const string System = "You are a helpful and precise assistant for checking the quality of the answer.";

    /// <summary>The original's temperature.</summary>
    internal const double Temperature = 0.2;

    /// <summary>The original's most tokens of a judgement.</summary>
    internal const int MaxTokens = 1024;

    /// <summary>Writes the user's text.</summary>
    /// <param name="rule">The rule of the question's category.</param>
    /// <param name="context">What stands for the image, or null.</param>
    /// <param name="question">The question.</param>
    /// <param name="first">The answer that is shown first.</param>
    /// <param name="second">The answer that is shown second.</param>
    internal static string Content(ReviewRule rule, string? context, string question, string first, string second) =>
        $"{(context is null ? string.Empty : $"[Context]\n{context}\n\n")}"
        + $"[Question]\n{question}\n\n"
        + $"[{rule.Role} 1]\n{first}\n\n[End of {rule.Role} 1]\n\n"
        + $"[{rule.Role} 2]\n{second}\n\n[End of {rule.Role} 2]\n\n"
        + $"[System]\n{rule.Prompt}\n\n";
}
