using System.Globalization;

namespace LlavaCuda.Trainer.Charts;

/// <summary>
/// What can be drawn of a line. Its points are looked at twice and never copied: for their range, and for what can be seen of them, which
/// is the first, the lowest, the highest and the last of each column of pixels.
/// </summary>
internal sealed class DrawnLine
{
    // So many points say where the wildest ones begin.
    private const int SampledPoints = 10_000;

    private readonly ChartLine _line;
    private readonly bool _logX;
    private readonly bool _logY;

    /// <summary>Initializes a new instance of the <see cref="DrawnLine"/> class.</summary>
    /// <param name="line">The line.</param>
    /// <param name="logX">Whether x is on a logarithmic axis.</param>
    /// <param name="logY">Whether y is on a logarithmic axis.</param>
    /// <exception cref="ArgumentException">The line's points are not by rising x.</exception>
    internal DrawnLine(ChartLine line, bool logX, bool logY)
    {
        (_line, _logX, _logY) = (line, logX, logY);
        int every = Math.Max(1, line.Points.Count / SampledPoints);
        List<double> sampled = [];
        foreach (ChartPoint point in Points())
        {
            if (IsEmpty)
            {
                (Left, Right, Low, High) = (point.X, point.X, point.Y, point.Y);
            }

            if (point.X < Right)
            {
                string order = string.Create(CultureInfo.InvariantCulture, $"{point.X} comes after {Right}");
                throw new ArgumentException($"The points of {line.Name} are not by rising x: {order}.");
            }

            (Right, Low, High) = (point.X, Math.Min(Low, point.Y), Math.Max(High, point.Y));
            if (line.Look == LineLook.Faint && Count % every == 0)
            {
                sampled.Add(point.Y);
            }

            Count++;
        }

        // A faint line may leave the chart with the wildest hundredth of its points, which would leave no room for the rest.
        if (sampled.Count > 0)
        {
            sampled.Sort();
            (Low, High) = (sampled[sampled.Count / 100], sampled[sampled.Count - 1 - (sampled.Count / 100)]);
        }
    }

    /// <summary>Gets how many points can be drawn.</summary>
    internal int Count { get; private set; }

    /// <summary>Gets a value indicating whether there are none.</summary>
    internal bool IsEmpty => Count == 0;

    /// <summary>Gets the least x.</summary>
    internal double Left { get; }

    /// <summary>Gets the greatest x.</summary>
    internal double Right { get; }

    /// <summary>Gets the least y that is to be seen.</summary>
    internal double Low { get; }

    /// <summary>Gets the greatest y that is to be seen.</summary>
    internal double High { get; }

    /// <summary>Picks what can be seen.</summary>
    /// <param name="x">The axis of x.</param>
    /// <param name="y">The axis of y.</param>
    /// <param name="columns">Columns of pixels between the axis' ends.</param>
    /// <returns>Places in the plot, by rising x; four for each column at most.</returns>
    internal (double[] X, double[] Y) Pick(ChartAxis x, ChartAxis y, int columns)
    {
        List<double> xs = [], ys = [];
        Column column = default;
        int at = -1;
        foreach (ChartPoint point in Points())
        {
            double left = x.Place(point.X), top = y.PlaceNear(point.Y);
            int next = (int)((left - x.From) / (x.To - x.From) * columns);
            if (next != at)
            {
                column.AddTo(xs, ys);
                (column, at) = (new Column((left, top)), next);
            }
            else
            {
                column.Take((left, top));
            }
        }

        column.AddTo(xs, ys);
        return ([.. xs], [.. ys]);
    }

    private IEnumerable<ChartPoint> Points()
    {
        for (int i = 0; i < _line.Points.Count; i++)
        {
            ChartPoint point = _line.Points[i];
            if (ChartAxis.Takes(point.X, _logX) && ChartAxis.Takes(point.Y, _logY))
            {
                yield return point;
            }
        }
    }

    private struct Column((double X, double Y) first)
    {
        private readonly (double X, double Y) _first = first;
        private (double X, double Y) _lowest = first;
        private (double X, double Y) _highest = first;
        private (double X, double Y) _last = first;
        private bool _highestLater;
        private int _count = 1;

        internal void Take((double X, double Y) point)
        {
            if (point.Y < _lowest.Y)
            {
                (_lowest, _highestLater) = (point, false);
            }
            else if (point.Y > _highest.Y)
            {
                (_highest, _highestLater) = (point, true);
            }

            _last = point;
            _count++;
        }

        internal readonly void AddTo(List<double> xs, List<double> ys)
        {
            ReadOnlySpan<(double X, double Y)> points = _count switch
            {
                0 => [],
                1 => [_first],
                2 => [_first, _last],
                _ => _highestLater ? [_first, _lowest, _highest, _last] : [_first, _highest, _lowest, _last],
            };
            foreach ((double x, double y) in points)
            {
                // The lowest or highest may be the first or the last.
                if (xs.Count == 0 || (x, y) != (xs[^1], ys[^1]))
                {
                    xs.Add(x);
                    ys.Add(y);
                }
            }
        }
    }
}
