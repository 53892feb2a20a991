using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace LlavaCuda.Trainer.Charts;

/// <summary>
/// One axis of a chart: its range, linear or logarithmic, and the numbers next to it. ScottPlot's axes are linear: a logarithmic one gets
/// logarithms.
/// </summary>
internal sealed class ChartAxis
{
    /// <summary>The sign of negative numbers, as long as that of positive ones.</summary>
    internal const string Minus = "\u2212";

    private ChartAxis(double from, double to, bool logarithmic) => (From, To, IsLogarithmic) = (from, to, logarithmic);

    /// <summary>Gets where it begins, in values of the plot.</summary>
    internal double From { get; }

    /// <summary>Gets where it ends, in values of the plot.</summary>
    internal double To { get; }

    /// <summary>Gets whether values of the plot are logarithms.</summary>
    internal bool IsLogarithmic { get; }

    /// <summary>An axis over values.</summary>
    /// <param name="from">The least value; positive on a logarithmic axis.</param>
    /// <param name="to">The greatest value.</param>
    /// <param name="logarithmic">Whether logarithmic.</param>
    /// <param name="margin">What is left free on both sides, a share of the range.</param>
    internal static ChartAxis Over(double from, double to, bool logarithmic, double margin)
    {
        (from, to) = logarithmic ? (Math.Log10(from), Math.Log10(to)) : (from, to);

        // Values that differ in their last digits alone are one value: no ticks can be told apart between them.
        double size = Math.Max(Math.Abs(from), Math.Abs(to));
        if (to - from <= size * 1e-9)
        {
            double around = size == 0 ? 1 : size * 0.1;
            (from, to) = (from - around, to + around);
        }

        double free = (to - from) * margin;
        return new ChartAxis(from - free, to + free, logarithmic);
    }

    /// <summary>The same axis from another begin.</summary>
    internal ChartAxis Beginning(double from) => new(from, To, IsLogarithmic);

    /// <summary>Where a value lies in the plot.</summary>
    internal double Place(double value) => IsLogarithmic ? Math.Log10(value) : value;

    /// <summary>Where a value lies in the plot, or not far outside of it: lines to places too far away are not drawn at all.</summary>
    internal double PlaceNear(double value) => Math.Clamp(Place(value), From - (To - From), To + (To - From));

    /// <summary>Whether a value can be drawn: neither NaN, infinite nor next to it, and with a logarithm where one is needed.</summary>
    internal static bool Takes(double value, bool logarithmic = false) => Math.Abs(value) < 1e100 && (!logarithmic || value > 0);

    /// <summary>Makes the ticks.</summary>
    /// <param name="density">How closely, 1 being as close as the labels may stand.</param>
    /// <param name="whole">Whether values are whole numbers.</param>
    internal ITickGenerator Ticks(double density, bool whole = false)
    {
        if (IsLogarithmic)
        {
            return To - From < 0.5 ? NarrowLogarithmicTicks() : LogarithmicTicks();
        }

        double range = To - From, size = Math.Max(Math.Abs(From), Math.Abs(To));
        return new NumericAutomatic
        {
            // Far from zero numbers differ in digits that a short label leaves out; near it, zero is rarely met to the last digit.
            LabelFormatter = value => range < size * 1e-3 ? LongLabel(value) : Label(Math.Abs(value) < range * 1e-9 ? 0 : value),
            TickDensity = density,
            MinorTickGenerator = new EvenlySpacedMinorTickGenerator(1),

            // Where there are many, they are whole anyway, and ScottPlot would take them for 32-bit numbers.
            IntegerTicksOnly = whole && range < 100 && size < int.MaxValue,
        };
    }

    /// <summary>Writes a tick's number: thousands and millions by their letter, what is larger or tiny by its power of ten.</summary>
    internal static string Label(double value)
    {
        double size = Math.Abs(value);
        string label = size switch
        {
            0 => "0",
            < 9.999e-5 or >= 1e9 => size.ToString("0.###e0", CultureInfo.InvariantCulture),
            >= 999_999.5 => (size / 1e6).ToString("0.######", CultureInfo.InvariantCulture) + "M",
            >= 9_999.5 => (size / 1e3).ToString("0.######", CultureInfo.InvariantCulture) + "k",
            _ => size.ToString("0.#######", CultureInfo.InvariantCulture),
        };
        return value < 0 && label != "0" ? Minus + label : label;
    }

    private static string LongLabel(double value) =>
        (value < 0 ? Minus : string.Empty) + Math.Abs(value).ToString("0.##########", CultureInfo.InvariantCulture);

    // Less than half a power of ten: about six, as on a linear axis.
    private NumericManual NarrowLogarithmicTicks()
    {
        double low = Math.Pow(10, From), high = Math.Pow(10, To);
        double power = Math.Pow(10, Math.Floor(Math.Log10((high - low) / 6)));
        double step = power * ((high - low) / 6 / power) switch { <= 1.001 => 1, <= 2.001 => 2, <= 5.001 => 5, _ => 10 };
        NumericManual ticks = new();
        for (double n = Math.Ceiling(low / step); n * step <= high; n++)
        {
            ticks.AddMajor(Math.Log10(n * step), Label(n * step));
        }

        return ticks;
    }

    // At 1, 2 and 5 times powers of ten, or at the powers alone where those are many, every so many where they are too many.
    private NumericManual LogarithmicTicks()
    {
        double decades = To - From;
        double[] digits = decades > 4 ? [1] : decades > 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 5, 7];
        int every = (int)Math.Max(1, Math.Ceiling(decades / 10));
        NumericManual ticks = new();
        for (int power = (int)Math.Floor(From); power <= Math.Ceiling(To); power++)
        {
            foreach (double digit in digits)
            {
                if (power % every == 0)
                {
                    ticks.AddMajor(Math.Log10(digit) + power, Label(digit * Math.Pow(10, power)));
                }
            }
        }

        return ticks;
    }
}
