namespace LlavaCuda.Trainer.Generating;

/// <summary>A question and its answer.</summary>
/// <param name="Question">The question; the instruction where there is none.</param>
/// <param name="Answer">The answer.</param>
internal readonly record struct QuestionAnswer(string Question, string Answer);

/// <summary>A part of a reply that is not used.</summary>
/// <param name="Reason">Why, from a short list, so that reasons can be counted.</param>
/// <param name="Text">What it says.</param>
internal readonly record struct DroppedPart(string Reason, string Text);

/// <summary>What a reply holds.</summary>
/// <param name="Pairs">Its questions and answers; none where it is of no use.</param>
/// <param name="Dropped">What was dropped, and why.</param>
/// <param name="Repairs">What was not as asked for and could mean only one thing, from a short list.</param>
internal sealed record ParsedReply(
    IReadOnlyList<QuestionAnswer> Pairs, IReadOnlyList<DroppedPart> Dropped, IReadOnlyList<string> Repairs)
{
    /// <summary>A reply of no use.</summary>
    internal static ParsedReply Useless(string reason, string text) => new([], [new DroppedPart(reason, text)], []);
}
