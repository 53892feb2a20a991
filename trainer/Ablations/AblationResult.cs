using System.Text.Json.Serialization;

namespace LlavaCuda.Trainer.Ablations;

/// <summary>What one variant with one seed answered.</summary>
internal sealed record AblationResult
{
    /// <summary>Gets the variant's name.</summary>
    [JsonPropertyName("variant")]
    public required string Variant { get; init; }

    /// <summary>Gets the seed.</summary>
    [JsonPropertyName("seed")]
    public required int Seed { get; init; }

    /// <summary>Gets the number of problems asked.</summary>
    [JsonPropertyName("asked")]
    public required int Asked { get; init; }

    /// <summary>Gets how many answers were right.</summary>
    [JsonPropertyName("right")]
    public required int Right { get; init; }

    /// <summary>Gets how many answers named no option; they count as not right.</summary>
    [JsonPropertyName("no_answer")]
    public required int NoAnswer { get; init; }

    /// <summary>Gets the number of problems with an image.</summary>
    [JsonPropertyName("asked_with_image")]
    public required int AskedWithImage { get; init; }

    /// <summary>Gets how many answers to problems with an image were right.</summary>
    [JsonPropertyName("right_with_image")]
    public required int RightWithImage { get; init; }

    /// <summary>Gets the accuracy in percent.</summary>
    [JsonIgnore]
    public double Accuracy => 100.0 * Right / Asked;

    /// <summary>Gets the accuracy on problems with an image, in percent.</summary>
    [JsonIgnore]
    public double AccuracyWithImage => 100.0 * RightWithImage / AskedWithImage;
}
