using System.Text.Json.Serialization;

namespace LlavaCuda.Trainer.Verification;

/// <summary>A training run of the reference: its settings and what it measured at every step.</summary>
internal sealed record ReferenceRun
{
    [JsonPropertyName("peak_learning_rate")]
    public required double PeakLearningRate { get; init; }

    [JsonPropertyName("weight_decay")]
    public required double WeightDecay { get; init; }

    [JsonPropertyName("steps")]
    public required int Steps { get; init; }

    [JsonPropertyName("warmup_steps")]
    public required int WarmupSteps { get; init; }

    [JsonPropertyName("max_grad_norm")]
    public required double MaxGradientNorm { get; init; }

    [JsonPropertyName("betas")]
    public required double[] Betas { get; init; }

    [JsonPropertyName("eps")]
    public required double Epsilon { get; init; }

    [JsonPropertyName("losses")]
    public required double[] Losses { get; init; }

    [JsonPropertyName("grad_norms")]
    public required double[] GradientNorms { get; init; }

    [JsonPropertyName("learning_rates")]
    public required double[] LearningRates { get; init; }
}

/// <summary>Reads the runs without reflection, so that a trimmed program can.</summary>
[JsonSerializable(typeof(Dictionary<string, ReferenceRun>))]
internal sealed partial class ReferenceJson : JsonSerializerContext;
