namespace LlavaCuda.Tests.Ops;

/// <summary>The standard normal distribution in double precision, tails included: the power series near zero, a continued fraction in the tails.</summary>
internal static class Normal
{
    internal static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    internal static double Cumulative(double x)
    {
        if (x > 0)
        {
            return 1 - Cumulative(-x);
        }

        double z = -x;
        if (z < 3)
        {
            // Φ(z) − 1/2 = φ(z) (z + z³/3 + z⁵/(3·5) + ...)
            double term = z;
            double sum = z;
            for (int odd = 3; term > 1e-17 * sum; odd += 2)
            {
                term *= z * z / odd;
                sum += term;
            }

            return 0.5 - (Density(z) * sum);
        }

        // Φ(−z) = φ(z) / (z + 1/(z + 2/(z + 3/(z + ...
        double fraction = z;
        for (int k = 200; k > 0; k--)
        {
            fraction = z + (k / fraction);
        }

        return Density(z) / fraction;
    }
}
