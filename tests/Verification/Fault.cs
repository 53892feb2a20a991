namespace LlavaCuda.Tests.Verification;

/// <summary>What is wrong with a <see cref="FaultyDevice"/>.</summary>
public enum Fault
{
    /// <summary>Attention scores are a tenth too large.</summary>
    AttentionScale,

    /// <summary>What a layer adds is left out of the residual stream.</summary>
    Residual,

    /// <summary>The epsilon of RMS norms is a hundred times too large.</summary>
    RmsEpsilon,

    /// <summary>The square weights of products are read transposed.</summary>
    Transposed,

    /// <summary>Biases are left out.</summary>
    Bias,

    /// <summary>Rows are not turned by their position.</summary>
    Rotation,

    /// <summary>Tokens after the prompt read half of what attention gives.</summary>
    CachedAttention,

    /// <summary>The gradient of a norm's gain keeps half of its size.</summary>
    NormGradient,

    /// <summary>The loss is averaged over a row more than are labelled.</summary>
    LossAverage,

    /// <summary>The gradient is averaged over a row more than are labelled.</summary>
    GradientAverage,

    /// <summary>The norm of the gradients counts a tenth too much.</summary>
    GradientNorm,

    /// <summary>The first range of weights is not updated.</summary>
    Frozen,

    /// <summary>The last range of weights is not updated.</summary>
    FrozenLast,

    /// <summary>Every weight decays, not matrices alone.</summary>
    DecayOfAll,

    /// <summary>No weight decays.</summary>
    NoDecay,

    /// <summary>The learning rate is a hundredth too high.</summary>
    Rate,

    /// <summary>The first moment forgets twice as fast.</summary>
    FirstMoment,
}
