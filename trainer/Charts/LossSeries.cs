namespace LlavaCuda.Trainer.Charts;

/// <summary>The loss of one step.</summary>
internal readonly record struct LossPoint(long Step, double Loss);

/// <summary>A named run of losses, by rising step.</summary>
internal sealed record LossSeries(string Name, IReadOnlyList<LossPoint> Points)
{
    /// <summary>Fewer points than this are shown as they are, with a dot each.</summary>
    private const int FewPoints = 30;

    /// <summary>Whether the points are few enough to be read one by one.</summary>
    internal bool IsSparse => Points.Count < FewPoints;

    /// <summary>
    /// The mean of the neighbourhood at each finite point, with weights that fall off to both sides over a fortieth of the run: unlike a
    /// mean of the past it does not run behind a falling loss.
    /// </summary>
    internal List<LossPoint> Smoothed()
    {
        List<LossPoint> smoothed = [.. Points.Where(point => double.IsFinite(point.Loss))];
        double keep = IsSparse ? 0 : 1 - (1 / ((smoothed.Count / 80.0) + 1));
        double[] after = new double[smoothed.Count];
        double[] afterWeight = new double[smoothed.Count];
        for (int i = smoothed.Count - 2; i >= 0; i--)
        {
            after[i] = keep * (after[i + 1] + smoothed[i + 1].Loss);
            afterWeight[i] = keep * (afterWeight[i + 1] + 1);
        }

        double before = 0;
        double beforeWeight = 0;
        for (int i = 0; i < smoothed.Count; i++)
        {
            LossPoint point = smoothed[i];
            smoothed[i] = point with { Loss = (before + point.Loss + after[i]) / (beforeWeight + 1 + afterWeight[i]) };
            before = keep * (before + point.Loss);
            beforeWeight = keep * (beforeWeight + 1);
        }

        return smoothed;
    }
}
