namespace LlavaCuda.Models;

/// <summary>Extents of a CLIP vision tower; the defaults are those of Hugging Face's <c>CLIPVisionConfig</c> for ViT-L/14.</summary>
public sealed record VisionConfig
{
    /// <summary>Gets the width of the hidden states.</summary>
    public int HiddenSize { get; init; } = 1024;

    /// <summary>Gets the width inside the MLP.</summary>
    public int IntermediateSize { get; init; } = 4096;

    /// <summary>Gets the number of transformer blocks in the checkpoint.</summary>
    public int Layers { get; init; } = 24;

    /// <summary>Gets the number of attention heads.</summary>
    public int Heads { get; init; } = 16;

    /// <summary>Gets the edge of the square input picture in pixels.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>Gets the edge of a patch in pixels.</summary>
    public int PatchSize { get; init; } = 14;

    /// <summary>Gets the epsilon of every LayerNorm.</summary>
    public float LayerNormEpsilon { get; init; } = 1e-5f;

    /// <summary>Gets the width of CLIP's shared space; kept for writing the configuration, no weight here uses it.</summary>
    public int ProjectionSize { get; init; } = 768;

    /// <summary>Gets the number of patches on an edge.</summary>
    public int Grid => ImageSize / PatchSize;

    /// <summary>Gets the number of patches of a picture.</summary>
    public int Patches => Grid * Grid;

    /// <summary>Gets the number of positions: the patches and the class token.</summary>
    public int Positions => Patches + 1;

    /// <summary>Gets the number of values in a patch, in the order channel, row, column.</summary>
    public int PatchValues => 3 * PatchSize * PatchSize;

    /// <summary>Gets the width of one attention head.</summary>
    public int HeadSize => HiddenSize / Heads;
}
