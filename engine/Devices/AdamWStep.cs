namespace LlavaCuda.Devices;

/// <summary>A range of the flat arena with its own rate and decay.</summary>
/// <param name="Start">First element.</param>
/// <param name="Count">Number of elements.</param>
/// <param name="LearningRate">Rate of this step.</param>
/// <param name="WeightDecay">Decoupled decay.</param>
public readonly record struct AdamWSegment(long Start, long Count, float LearningRate, float WeightDecay);

/// <summary>The numbers of one AdamW step that are the same for all weights.</summary>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="Step">Counted from 1; gives the bias corrections, which are computed in double precision.</param>
public readonly record struct AdamWStep(float Beta1, float Beta2, float Epsilon, long Step);
