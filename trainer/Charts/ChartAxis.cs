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
        if (to - from <= size * 1e-6)
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

    /// <summary>Whether a value can be drawn.</summary>
    internal bool Takes(double value) => double.IsFinite(value) && (!IsLogarithmic || value > 0);

    /// <summary>Makes the ticks.</summary>
    /// <param name="density">How closely, 1 being as close as the labels may stand.</param>
    internal ITickGenerator Ticks(double density) => IsLogarithmic
        ? LogarithmicTicks()
        : new NumericAutomatic
        {
            LabelFormatter = Label,
            TickDensity = density,
            MinorTickGenerator = new EvenlySpacedMinorTickGenerator(1),
        };

    /// <summary>Writes a tick's number: thousands and millions by their letter, what is larger or tiny by its power of ten.</summary>
    internal static string Label(double value)
    {
        double size = Math.Abs(value);
        string label = size switch
        {
            < 1e-12 => "0",
            < 9.999e-5 or >= 1e9 => size.ToString("0.###e0", CultureInfo.InvariantCulture),
            >= 999_999.5 => (size / 1e6).ToString("0.######", CultureInfo.InvariantCulture) + "M",
            >= 9_999.5 => (size / 1e3).ToString("0.######", CultureInfo.InvariantCulture) + "k",
            _ => size.ToString("0.#######", CultureInfo.InvariantCulture),
        };
        return value < 0 && label != "0" ? Minus + label : label;
    }

    // At 1, 2 and 5 times powers of ten, or at the powers alone where those are many, every so many where they are too many.
    private NumericManual LogarithmicTicks()
    {
        double decades = To - From;
        double[] digits = decades > 4 ? [1] : decades > 1 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
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
