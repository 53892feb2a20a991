namespace LlavaCuda.Trainer.Verification;

/// <summary>
/// What rounding alone makes of a quantity: the errors of several rounded twins against the same computation unrounded. The reference has
/// no part in it, so that a fault, which the twins share, makes nothing larger that it is held against.
/// </summary>
internal sealed class RoundingYardstick
{
    /// <summary>
    /// How far a gradient must stand above its rounding error for its element to count after an optimizer's steps: Adam's first step
    /// moves an element by the whole rate whatever its gradient, so that one whose sign rounding can turn may go either way.
    /// </summary>
    private const double Above = 8;

    // Where nothing is expected and nothing is rounded, nothing may come.
    private const double Nothing = 1e-100;

    private static readonly double LastBit = Math.ScaleB(1, -23);

    private readonly Quantity _exact;
    private readonly Quantity[] _draws;
    private readonly bool[]? _counts;
    private readonly double _lastBits;

    /// <summary>Initializes a new instance of the <see cref="RoundingYardstick"/> class.</summary>
    /// <param name="exact">The quantity unrounded, in single precision.</param>
    /// <param name="draws">The same of the rounded twins.</param>
    internal RoundingYardstick(Quantity exact, Quantity[] draws)
    {
        _exact = exact;
        _draws = draws;
        _counts = exact.Gradient is null ? null : Answerable(exact.Gradient, [.. draws.Select(static d => d.Gradient!)], exact.Decays);
        _lastBits = Nothing + (exact.LastBits is null ? LastBit * Distance(exact.Expected, []) : Distance(exact.LastBits, []));
        OwnDraws = [.. draws.Select(d => WithLastBits(Distance(d.Values, exact.Values)))];
        Draws = exact.Parts is null ? OwnDraws : [.. draws.Select(d => WithLastBits(Comparison.Distance(d.Parts!, exact.Parts)))];
        Size = Nothing + (exact.Size ?? Distance(exact.Expected, []));
    }

    /// <summary>Gets the error of each twin; of a single number that has parts, theirs, which bounds its own.</summary>
    internal double[] Draws { get; }

    /// <summary>Gets the error of each twin, of a single number too.</summary>
    internal double[] OwnDraws { get; }

    /// <summary>Gets the root mean square of the twins' errors.</summary>
    internal double Usual => Comparison.RootMeanSquare(Draws);

    /// <summary>Gets what errors are divided by for the report.</summary>
    internal double Size { get; }

    /// <summary>Gets a value indicating whether any of the numbers can be compared.</summary>
    internal bool Tells => _counts is null || _counts.Contains(true);

    /// <summary>Computes the root mean square of the errors of all twins but one.</summary>
    /// <param name="draw">That one.</param>
    /// <returns>The root mean square.</returns>
    internal double UsualBut(int draw) => Comparison.RootMeanSquare([.. Draws.Where((_, i) => i != draw)]);

    /// <summary>Computes the error of a device's numbers against the reference's.</summary>
    /// <param name="actual">The device's.</param>
    /// <returns>The norm of the difference, over the numbers that count.</returns>
    internal double Error(Quantity actual) => Distance(actual.Values, actual.Expected);

    /// <summary>
    /// Projects errors on the reference's numbers, each element weighted by how well rounding leaves it known: all that a wrong rate,
    /// which moves every element too far, does is along them, where little of rounding's error is.
    /// </summary>
    /// <param name="actual">The device's.</param>
    /// <returns>The device's projection, each twin's, and the one of an error as large as the numbers.</returns>
    internal (double Error, double[] Draws, double Whole) Along(Quantity actual)
    {
        double[] noise = [.. _exact.Values.Select((v, i) => _draws.Average(d => Math.Pow((double)d.Values[i] - v, 2)))];
        double usual = noise.Where((_, i) => _counts![i]).Average();
        double error = 0, whole = Nothing;
        double[] draws = new double[_draws.Length];
        for (int i = 0; i < noise.Length; i++)
        {
            if (_counts![i])
            {
                // Eight draws may meet by chance where an element is not known that well.
                double weight = _exact.Expected[i] / (noise[i] + (0.1 * usual) + Math.Pow(_exact.LastBits![i], 2) + Nothing);
                whole += weight * _exact.Expected[i];
                error += weight * ((double)actual.Values[i] - actual.Expected[i]);
                for (int k = 0; k < draws.Length; k++)
                {
                    draws[k] += weight * ((double)_draws[k].Values[i] - _exact.Values[i]);
                }
            }
        }

        return (error, draws, whole);
    }

    private static bool[] Answerable(float[] gradient, float[][] draws, bool decays)
    {
        double[] noise = [.. gradient.Select((g, i) => Math.Sqrt(draws.Average(d => Math.Pow((double)d[i] - g, 2))))];
        double usual = Math.Sqrt(noise.Average(static n => n * n));

        // What has no gradient at all, such as the embedding of a token that does not occur, has no rounding either.
        return [.. gradient.Select((g, i) => decays ? noise[i] == 0 : noise[i] > 0 && Math.Abs(g) >= Above * Math.Max(noise[i], usual))];
    }

    private double WithLastBits(double error) => Math.Sqrt((error * error) + (_lastBits * _lastBits));

    private double Distance(float[] a, float[] b) => Comparison.Distance(a, b, _counts);
}
