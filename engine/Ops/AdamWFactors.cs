using LlavaCuda.Devices;

namespace LlavaCuda.Ops;

/// <summary>What the inner loop of an AdamW step multiplies with, computed in double precision: the same on every device.</summary>
internal readonly struct AdamWFactors
{
    private readonly double _correction;

    /// <summary>Initializes a new instance of the <see cref="AdamWFactors"/> struct.</summary>
    /// <param name="step">The step's numbers.</param>
    internal AdamWFactors(AdamWStep step)
    {
        // By way of decimal, which keeps seven digits, 0.999f becomes the 0.999 that was meant: 1 − 0.999f alone would be wrong in its fifth digit.
        double beta1 = (double)(decimal)step.Beta1;
        double beta2 = (double)(decimal)step.Beta2;
        _correction = 1 - Math.Pow(beta1, step.Step);
        FirstRate = (float)(1 - beta1);
        SecondDecay = (float)beta2;
        SecondRate = (float)(1 - beta2);
        RootCorrection = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step.Step)));
        Epsilon = step.Epsilon;
    }

    /// <summary>Gets 1 − β1.</summary>
    internal float FirstRate { get; }

    /// <summary>Gets β2.</summary>
    internal float SecondDecay { get; }

    /// <summary>Gets 1 − β2.</summary>
    internal float SecondRate { get; }

    /// <summary>Gets 1/√(1−β2ᵗ).</summary>
    internal float RootCorrection { get; }

    /// <summary>Gets ε.</summary>
    internal float Epsilon { get; }

    /// <summary>Gets a segment's lr·wd.</summary>
    internal static float Decay(AdamWSegment segment) => segment.LearningRate * segment.WeightDecay;

    /// <summary>Gets a segment's lr/(1−β1ᵗ).</summary>
    internal float StepSize(AdamWSegment segment) => (float)(segment.LearningRate / _correction);
}
