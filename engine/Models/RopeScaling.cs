namespace LlavaCuda.Models;

/// <summary>How rotary frequencies are stretched for contexts longer than those of the first training.</summary>
public enum RopeScalingKind
{
    /// <summary>All frequencies are divided by the factor.</summary>
    Linear,

    /// <summary>The base grows with texts longer than <see cref="RopeScaling.OriginalPositions"/>; up to there nothing changes, and longer ones are not supported.</summary>
    Dynamic,

    /// <summary>Low frequencies are divided by the factor, high ones stay, those between are interpolated (Llama 3.1).</summary>
    Llama3,
}

/// <summary>Scaled rotary positions, as Hugging Face's <c>rope_scaling</c> or <c>rope_parameters</c> describes them.</summary>
/// <param name="Kind">The formula.</param>
/// <param name="Factor">The factor, 1 or more.</param>
/// <param name="OriginalPositions">The positions of the training before the scaling.</param>
public sealed record RopeScaling(RopeScalingKind Kind, double Factor, int OriginalPositions)
{
    /// <summary>Gets the part of <see cref="OriginalPositions"/>, as a divisor, above whose wavelengths <see cref="RopeScalingKind.Llama3"/> divides by the whole factor.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Gets the part of <see cref="OriginalPositions"/>, as a divisor, below whose wavelengths <see cref="RopeScalingKind.Llama3"/> changes nothing.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>Scales a frequency.</summary>
    /// <param name="frequency">Radians a position.</param>
    /// <returns>The scaled frequency.</returns>
    internal double Scale(double frequency)
    {
        switch (Kind)
        {
            case RopeScalingKind.Linear:
                return frequency / Factor;
            case RopeScalingKind.Llama3:
                double turns = OriginalPositions * frequency / (2 * Math.PI);
                double kept = Math.Clamp((turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor), 0, 1);
                return ((1 - kept) * frequency / Factor) + (kept * frequency);
            default:
                return frequency;
        }
    }
}
