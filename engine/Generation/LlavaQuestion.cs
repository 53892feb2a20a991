using LlavaCuda.Images;

namespace LlavaCuda.Generation;

/// <summary>A question of its own, not part of a conversation.</summary>
/// <param name="Text">The question; <c>&lt;image&gt;</c> in it marks the place of an image, there is one for each image or none.</param>
/// <param name="Images">Images that it is about.</param>
public sealed record LlavaQuestion(string Text, IReadOnlyList<RgbImage> Images)
{
    /// <summary>Gets the seed of this question's answer, where tokens are drawn; null for that of the options.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Gets whatever the caller wants to find again beside the answer.</summary>
    public object? Tag { get; init; }
}

/// <summary>A question with what came of it.</summary>
/// <param name="Question">The question.</param>
/// <param name="Answer">The answer; null where the question cannot be asked.</param>
/// <param name="Failure">Why it cannot be asked; null where there is an answer.</param>
public sealed record QuestionAnswer(LlavaQuestion Question, Answer? Answer, string? Failure);

/// <summary>How many questions are answered at once.</summary>
public sealed record BatchOptions
{
    /// <summary>Gets the most questions at once.</summary>
    public int Questions { get; init; } = 64;

    /// <summary>Gets the most bytes of keys and values; one question may take more.</summary>
    public long CacheBytes { get; init; } = 4L << 30;

    /// <summary>Refuses values without meaning.</summary>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException">Names the option and what was expected.</exception>
    public BatchOptions Validate() => Questions < 1 ? throw new ArgumentException($"{nameof(Questions)} is {Questions}; expected at least 1.")
        : CacheBytes < 1 ? throw new ArgumentException($"{nameof(CacheBytes)} is {CacheBytes}; expected at least 1.")
        : this;
}
