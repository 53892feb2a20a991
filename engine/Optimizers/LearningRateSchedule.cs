namespace LlavaCuda.Optimizers;

/// <summary>
/// The learning rate over a run, as a factor on the peak: linear warm-up from 0, then half a cosine down to 0. Step 0 has factor 0 when there is a warm-up, as in
/// transformers' <c>get_cosine_schedule_with_warmup</c>.
/// </summary>
/// <param name="Steps">Optimizer steps of the whole run, T.</param>
/// <param name="WarmupSteps">Steps of the warm-up, W.</param>
public sealed record LearningRateSchedule(long Steps, long WarmupSteps)
{
    /// <summary>Makes a schedule whose warm-up is a share of the run, rounded up.</summary>
    /// <param name="steps">Optimizer steps of the whole run.</param>
    /// <param name="warmupRatio">From 0 to 1.</param>
    /// <returns>The schedule.</returns>
    public static LearningRateSchedule FromRatio(long steps, double warmupRatio)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        if (warmupRatio is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(warmupRatio), warmupRatio, "The warm-up is a share from 0 to 1 of the run.");
        }

        return new LearningRateSchedule(steps, (long)Math.Ceiling(warmupRatio * steps));
    }

    /// <summary>Gets the factor of a step: <c>t/W</c> for t &lt; W, else <c>(1 + cos(π (t−W)/(T−W))) / 2</c>.</summary>
    /// <param name="step">Steps done before, t.</param>
    /// <returns>From 0 to 1.</returns>
    public double Factor(long step)
    {
        if (step < WarmupSteps)
        {
            return (double)step / WarmupSteps;
        }

        double progress = (double)(step - WarmupSteps) / Math.Max(1, Steps - WarmupSteps);
        return 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, progress)));
    }
}
