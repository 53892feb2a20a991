using System.Globalization;

namespace LlavaCuda.Tests.Ops;

/// <summary>How results are compared with what double precision makes of the same inputs.</summary>
internal static class Closeness
{
    /// <summary>Every element is finite, and the relative L2 error is within the tolerance; otherwise the worst element is reported.</summary>
    internal static void Assert(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Xunit.Assert.Equal(expected.Length, actual.Length);
        double error = 0;
        double norm = 0;
        double worst = -1;
        int worstAt = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs(actual[i] - expected[i]);
            if (!double.IsFinite(difference))
            {
                Xunit.Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{what}[{i}] of {expected.Length} is {actual[i]:R}, expected {expected[i]:R}."));
            }

            error += difference * difference;
            norm += expected[i] * expected[i];
            if (difference > worst)
            {
                worst = difference;
                worstAt = i;
            }
        }

        if (error > tolerance * tolerance * norm)
        {
            double relative = Math.Sqrt(error / norm);
            Xunit.Assert.Fail(string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: relative L2 error {relative:E2}, allowed {tolerance:E2}; worst [{worstAt}] of {expected.Length}: {actual[worstAt]:R}, expected {expected[worstAt]:R}."));
        }
    }

    /// <summary>
    /// Every element lies within one bf16 step of the expected value. Where that is far below the others, differences of larger numbers have made it: what single precision leaves of those is allowed.
    /// </summary>
    internal static void AssertWithinOneUlp(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, string what)
    {
        const double SinglePrecision = 1e-6;
        double squares = 0;
        foreach (double value in expected)
        {
            squares += value * value;
        }

        double always = SinglePrecision * Math.Sqrt(squares / Math.Max(1, expected.Length));
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(actual[i] - expected[i]) <= Math.Max(Bf16.Spacing(expected[i]), always)))
            {
                Xunit.Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{what}[{i}] of {expected.Length} is {actual[i]:R}, more than one bf16 step from {expected[i]:R}."));
            }
        }
    }
}
