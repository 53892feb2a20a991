using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>A question of a benchmark.</summary>
/// <param name="Asked">What is asked.</param>
/// <param name="Groups">The groups that it counts in; all questions count together as well.</param>
/// <param name="Truth">The right answer, as tables and files show it; several are separated by <c> | </c>.</param>
/// <param name="Source">What the benchmark needs to judge an answer.</param>
internal sealed record BenchmarkQuestion(AskedQuestion Asked, IReadOnlyList<string> Groups, string Truth, object Source)
{
    /// <summary>Gets the answers among which likelihood chooses; empty where the question has none.</summary>
    internal IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Gets what questions that are not independent have in common, such as their image; null where this one is.</summary>
    internal string? Cluster { get; init; }

    /// <summary>Gets what reads an image that no file of its own has, such as one inside a table; null for one by its path, or none.</summary>
    internal Func<RgbImage>? ReadImage { get; init; }

    /// <summary>Gets a value indicating whether the right answer is known here, and not only by a server or a judge.</summary>
    internal bool IsJudged { get; init; } = true;
}

/// <summary>What came of an answer.</summary>
/// <param name="Outcome">Right, wrong, or no answer found.</param>
/// <param name="Score">0 to 1; between them where the benchmark counts answers in part.</param>
/// <param name="Found">What was found in the text; null for nothing.</param>
internal readonly record struct Judgement(Outcome Outcome, double Score, string? Found)
{
    /// <summary>Makes one without partial scores.</summary>
    /// <param name="outcome">What came of the answer.</param>
    /// <param name="found">What was found.</param>
    internal static Judgement Of(Outcome outcome, string? found) => new(outcome, outcome == Outcome.Right ? 1 : 0, found);
}
