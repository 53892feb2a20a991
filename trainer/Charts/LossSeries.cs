namespace LlavaCuda.Trainer.Charts;

/// <summary>A named run of losses.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Points">Steps and their losses, by rising step.</param>
internal sealed record LossSeries(string Name, IReadOnlyList<ChartPoint> Points)
{
    /// <summary>Fewer points than this are shown as they are, with a dot each.</summary>
    private const int FewPoints = 30;

    /// <summary>Of more points than this the means of neighbours are smoothed: that many are more than a chart shows.</summary>
    private const int ManyPoints = 20_000;

    /// <summary>Whether the points are few enough to be read one by one.</summary>
    internal bool IsSparse => Points.Count < FewPoints;

    /// <summary>
    /// The mean of the neighbourhood at each finite point, with weights that fall off to both sides over a fortieth of the run: unlike a
    /// mean of the past it does not run behind a falling loss.
    /// </summary>
    internal ChartPoint[] Smoothed()
    {
        List<ChartPoint> smoothed = Gathered();
        double keep = IsSparse ? 0 : 1 - (1 / ((smoothed.Count / 80.0) + 1));
        double[] after = new double[smoothed.Count];
        double[] afterWeight = new double[smoothed.Count];
        for (int i = smoothed.Count - 2; i >= 0; i--)
        {
            after[i] = keep * (after[i + 1] + smoothed[i + 1].Y);
            afterWeight[i] = keep * (afterWeight[i + 1] + 1);
        }

        double before = 0;
        double beforeWeight = 0;
        for (int i = 0; i < smoothed.Count; i++)
        {
            ChartPoint point = smoothed[i];
            smoothed[i] = point with { Y = (before + point.Y + after[i]) / (beforeWeight + 1 + afterWeight[i]) };
            before = keep * (before + point.Y);
            beforeWeight = keep * (beforeWeight + 1);
        }

        return [.. smoothed];
    }

    // The finite points, or the means of so many neighbours each that they are not too many.
    private List<ChartPoint> Gathered()
    {
        int each = 1 + ((Points.Count - 1) / ManyPoints);
        List<ChartPoint> gathered = [];
        ChartPoint sum = default;
        int count = 0;
        foreach (ChartPoint point in Points)
        {
            if (double.IsFinite(point.Y))
            {
                sum = new ChartPoint(sum.X + point.X, sum.Y + point.Y);
                count++;
            }

            if (count == each)
            {
                gathered.Add(new ChartPoint(sum.X / count, sum.Y / count));
                (sum, count) = (default, 0);
            }
        }

        if (count > 0)
        {
            gathered.Add(new ChartPoint(sum.X / count, sum.Y / count));
        }

        return gathered;
    }
}
