namespace LlavaCuda.Text;

/// <summary>What a model folder says about its tokenizer beside the vocabulary.</summary>
public sealed record LlavaTokenizerOptions
{
    /// <summary>
    /// Gets a value indicating whether text behind an added token begins with a dummy prefix like the start of a text.
    /// True for Vicuna up to 1.3, false for Vicuna 1.5 and LLaVA-1.5.
    /// </summary>
    public bool Legacy { get; init; }

    /// <summary>Gets a value indicating whether prompts begin with the begin token.</summary>
    public bool AddBos { get; init; } = true;

    /// <summary>Gets the number of tokens that the model was made for, or null where the folder does not say.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Gets the string of the begin token.</summary>
    public string BosToken { get; init; } = "<s>";

    /// <summary>Gets the string of the end token.</summary>
    public string EosToken { get; init; } = "</s>";

    /// <summary>Gets the string of the unknown token.</summary>
    public string UnkToken { get; init; } = "<unk>";

    /// <summary>Gets the string of the padding token; null stands for the unknown token.</summary>
    public string? PadToken { get; init; }

    /// <summary>Gets the Jinja text that other programs render conversations with, or null for what the folder had.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Gets added tokens besides the four above.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];
}
