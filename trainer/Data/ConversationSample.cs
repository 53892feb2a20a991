using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Data;

/// <summary>A sample of a data file as it stands there.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Images">Paths of its images, absolute or relative to the folder of images, in the order of the markers in the text.</param>
/// <param name="Conversation">Human and assistant in turn.</param>
internal sealed record ConversationSample(SamplePlace Place, string[] Images, Conversation Conversation)
{
    /// <summary>Gets the text that stands in the place of the template's system text, or null.</summary>
    internal string? System { get; init; }

    /// <summary>
    /// Gets what of its text is longer than any model reads, as a clause; then the conversation is not complete. Null where it is.
    /// </summary>
    internal string? Oversized { get; init; }

    /// <summary>Gets the number of characters of its text.</summary>
    internal long Characters => Conversation.Turns.Sum(static t => t.Content.Sum(static p => (long)(p.Text?.Length ?? 0)));
}
