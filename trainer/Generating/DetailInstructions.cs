namespace LlavaCuda.Trainer.Generating;

/// <summary>
/// Questions that ask for a detailed description, one meaning in sixteen wordings, of which each sample has one at random.
/// </summary>
internal static class DetailInstructions
{
    /// <summary>The wordings.</summary>
    internal static readonly IReadOnlyList<string> All =
    [
        "Describe this image in detail.",
        "What can be seen in this image? Give a full description.",
        "Please describe everything that this image shows.",
        "Give a thorough account of this image.",
        "Tell me in detail what is in this image.",
        "Walk me through this image, from its main subject to its background.",
        "Write a detailed description of this image.",
        "What does this image show? Leave out nothing that matters.",
        "Describe the scene of this image and the things in it.",
        "Explain in detail what this image depicts.",
        "Give a long and careful description of what you see here.",
        "Describe this image so that someone who cannot see it knows what is in it.",
        "What is going on in this image? Answer in detail.",
        "Study this image and describe it at length.",
        "Describe the contents of this image one by one, and how they stand to each other.",
        "Please give me a comprehensive description of this image.",
    ];
}
