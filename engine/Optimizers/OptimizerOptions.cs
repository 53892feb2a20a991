namespace LlavaCuda.Optimizers;

/// <summary>The constants of AdamW with clipping. The defaults are LLaVA's.</summary>
public sealed record OptimizerOptions
{
    /// <summary>Gets the decay of the first moment.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>Gets the decay of the second moment.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>Gets what is added to the root of the second moment.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>Gets the decoupled decay of matrices; biases and norms have none.</summary>
    public float WeightDecay { get; init; }

    /// <summary>Gets the largest norm of all gradients together that is not scaled down.</summary>
    public float MaxGradientNorm { get; init; } = 1;
}
