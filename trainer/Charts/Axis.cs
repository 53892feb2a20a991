using System.Globalization;

namespace LlavaCuda.Trainer.Charts;

/// <summary>One axis of a chart: a range that ends at round numbers, the numbers to write beside it, and where values lie between 0 and 1.</summary>
internal sealed class Axis
{
    private readonly double _from;
    private readonly double _to;
    private readonly bool _logarithmic;

    private Axis(double from, double to, bool logarithmic, IReadOnlyList<double> ticks)
    {
        (_from, _to, _logarithmic) = (from, to, logarithmic);
        Ticks = ticks;
    }

    /// <summary>The values to label.</summary>
    internal IReadOnlyList<double> Ticks { get; }

    /// <summary>An axis with ticks 1, 2 or 5 times a power of ten apart, about as many as wanted; the ends are widened to ticks if asked to.</summary>
    internal static Axis Linear(double from, double to, int wanted, bool widen)
    {
        // Values that differ in their last digits alone are one value: ticks between them would be too many steps from zero to be counted.
        double size = Math.Max(Math.Abs(from), Math.Abs(to));
        if (to - from <= size * 1e-9)
        {
            double margin = size == 0 ? 1 : size * 0.1;
            (from, to) = (from - margin, to + margin);
        }

        double rough = (to - from) / wanted;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power) switch { <= 1.000001 => 1, <= 2.000001 => 2, <= 5.000001 => 5, _ => 10 };
        if (widen)
        {
            (from, to) = (Math.Floor((from / step) + 1e-9) * step, Math.Ceiling((to / step) - 1e-9) * step);
        }

        List<double> ticks = [];
        for (double n = Math.Ceiling((from / step) - 1e-9); n * step <= to + (step * 1e-9); n++)
        {
            // Adding zero makes a plain zero of a negative one.
            ticks.Add((n * step) + 0.0);
        }

        return new Axis(from, to, logarithmic: false, ticks);
    }

    /// <summary>A logarithmic axis over positive values with ticks at 1, 2 and 5 times powers of ten, or at the powers alone when those are many.</summary>
    internal static Axis Logarithmic(double from, double to)
    {
        ReadOnlySpan<double> digits = to / from > 1e4 ? [1] : [1, 2, 5];
        List<double> ticks = [];
        for (double power = Math.Pow(10, Math.Floor(Math.Log10(from))); power <= to * 10; power *= 10)
        {
            foreach (double digit in digits)
            {
                ticks.Add(digit * power);
            }
        }

        int first = Math.Max(ticks.FindLastIndex(tick => tick <= from * 1.000001), 0);
        int last = ticks.FindIndex(first + 1, tick => tick >= to * 0.999999);
        return new Axis(ticks[first], ticks[last], logarithmic: true, ticks.GetRange(first, last - first + 1));
    }

    /// <summary>Where a value lies: 0 at the axis' begin, 1 at its end, beyond them outside.</summary>
    internal double Place(double value) => _logarithmic
        ? Math.Log(Math.Max(value, _from * 1e-3) / _from) / Math.Log(_to / _from)
        : (value - _from) / (_to - _from);

    /// <summary>Writes a tick's number; thousands and millions by their letter.</summary>
    internal static string Label(double value)
    {
        double size = Math.Abs(value);
        (double unit, string letter) = size >= 999_999.5 ? (1e6, "M") : size >= 9_999.5 ? (1e3, "k") : (1, string.Empty);
        return (value / unit).ToString("0.######", CultureInfo.InvariantCulture) + letter;
    }
}
