namespace LlavaCuda.Models;

/// <summary>Which rows of the vision tower's chosen layer go to the projector.</summary>
public enum FeatureSelection
{
    /// <summary>The patches; the class token's row is dropped (Hugging Face: <c>default</c>).</summary>
    Patch,

    /// <summary>The class token's row and the patches (Hugging Face: <c>full</c>).</summary>
    ClsPatch,
}

/// <summary>Everything that fixes the shapes and the arithmetic of a LLaVA.</summary>
/// <param name="Vision">The vision tower.</param>
/// <param name="Text">The language model.</param>
/// <param name="Projector">The projector.</param>
public sealed record LlavaConfig(VisionConfig Vision, TextConfig Text, ProjectorConfig Projector)
{
    /// <summary>Gets the index into the list of hidden states, as Python counts: -2 is the output of the last block but one, 0 the embeddings after their norm.</summary>
    public int FeatureLayer { get; init; } = -2;

    /// <summary>Gets which rows of that layer are used.</summary>
    public FeatureSelection FeatureSelection { get; init; } = FeatureSelection.Patch;

    /// <summary>Gets the id that marks a picture's place in Hugging Face token sequences, or null where the vocabulary has none.</summary>
    public int? ImageTokenId { get; init; }

    /// <summary>Gets the number of vision blocks that are evaluated.</summary>
    public int VisionBlocks => FeatureLayer < 0 ? Vision.Layers + 1 + FeatureLayer : FeatureLayer;

    /// <summary>Gets the number of rows that one picture contributes to a sequence.</summary>
    public int RowsPerImage => FeatureSelection == FeatureSelection.Patch ? Vision.Patches : Vision.Positions;

    /// <summary>Refuses extents that cannot be computed with.</summary>
    /// <returns>This configuration.</returns>
    /// <exception cref="InvalidDataException">Names the key and what was expected.</exception>
    public LlavaConfig Validate()
    {
        Positive(Vision.HiddenSize, "vision_config.hidden_size");
        Positive(Vision.IntermediateSize, "vision_config.intermediate_size");
        Positive(Vision.Layers, "vision_config.num_hidden_layers");
        Positive(Vision.PatchSize, "vision_config.patch_size");
        Divides(Vision.Heads, Vision.HiddenSize, "vision_config.num_attention_heads", "hidden_size");
        Divides(Vision.PatchSize, Vision.ImageSize, "vision_config.patch_size", "image_size");
        Positive(Text.HiddenSize, "text_config.hidden_size");
        Positive(Text.IntermediateSize, "text_config.intermediate_size");
        Positive(Text.Layers, "text_config.num_hidden_layers");
        Positive(Text.VocabularySize, "text_config.vocab_size");
        Positive(Text.MaxPositions, "text_config.max_position_embeddings");
        Divides(Text.KvHeads, Text.Heads, "text_config.num_key_value_heads", "num_attention_heads");
        Divides(2, Text.HeadSize, "2", "text_config.head_dim");
        Require(VisionBlocks >= 0 && VisionBlocks <= Vision.Layers, $"vision_feature_layer {FeatureLayer} is outside the {Vision.Layers + 1} hidden states of the vision tower.");
        Require(Projector.Kind != ProjectorKind.Identity || Vision.HiddenSize == Text.HiddenSize, $"An identity projector needs equal widths, not {Vision.HiddenSize} and {Text.HiddenSize}.");
        Require(ImageTokenId is null || (ImageTokenId >= 0 && ImageTokenId < Text.VocabularySize), $"image_token_index {ImageTokenId} is outside the vocabulary of {Text.VocabularySize}.");
        return this;
    }

    private static void Positive(int value, string key) => Require(value > 0, $"{key} is {value}; expected a positive number.");

    private static void Divides(int divisor, int value, string divisorKey, string valueKey) =>
        Require(divisor > 0 && value > 0 && value % divisor == 0, $"{divisorKey} ({divisor}) must divide {valueKey} ({value}).");

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidDataException(message);
        }
    }
}
