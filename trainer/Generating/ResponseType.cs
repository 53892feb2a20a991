namespace LlavaCuda.Trainer.Generating;

/// <summary>A kind of answer that the paper's data has (section 3.1).</summary>
/// <param name="Name">Its name in options and reports.</param>
/// <param name="Folder">Its folder of examples, in the original's layout.</param>
/// <param name="Paper">How many the paper made.</param>
/// <param name="HasBoxes">Whether requests show boxes next to captions.</param>
internal sealed record ResponseType(string Name, string Folder, int Paper, bool HasBoxes)
{
    /// <summary>Several questions and answers.</summary>
    internal static readonly ResponseType Conversation = new("conversation", "conversation", 58_000, HasBoxes: false);

    /// <summary>One description.</summary>
    internal static readonly ResponseType Detail = new("detail", "detail_description", 23_000, HasBoxes: true);

    /// <summary>One question that needs thought.</summary>
    internal static readonly ResponseType Reasoning = new("reasoning", "complex_reasoning", 77_000, HasBoxes: true);

    /// <summary>All of them.</summary>
    internal static readonly IReadOnlyList<ResponseType> All = [Conversation, Detail, Reasoning];
}
