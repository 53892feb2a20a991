using LlavaCuda.Images;
using LlavaCuda.Text;

namespace LlavaCuda.Generation;

/// <summary>What a model takes from elsewhere than its own folder.</summary>
public sealed record LlavaModelOptions
{
    /// <summary>Gets the folder of the CLIP vision tower, for original LLaVA folders that name one of the hub; null for what the folder says.</summary>
    public string? VisionTower { get; init; }

    /// <summary>Gets the folder of a projector, as stage 1 of training writes it, which takes the place of the model's own; the model may then be a language model alone. Null for the model's own.</summary>
    public string? ProjectorWeights { get; init; }

    /// <summary>Gets the conversation template, or null for the one that the model's configuration and name suggest.</summary>
    public ConversationTemplate? Template { get; init; }

    /// <summary>Gets the most rows that a conversation may have, for which memory is reserved; null for what the model was made for, at most 4096.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Gets where images go within the turn that they come with: before its text, as LLaVA was trained, or where the message has them.</summary>
    public ImageOrder ImageOrder { get; init; }

    /// <summary>Gets how images become square, or null for what the folder says.</summary>
    public ImageAspect? Aspect { get; init; }

    /// <summary>Gets how image files that come with messages are read, and what they may cost; null for the defaults.</summary>
    public ImageReadOptions? ImageFiles { get; init; }
}
