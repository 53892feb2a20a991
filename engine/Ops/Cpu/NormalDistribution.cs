using System.Numerics;
using System.Runtime.CompilerServices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>The standard normal distribution, on which GELU rests; Φ(x) is (1 + erf(x/√2)) / 2 without the cancellation at negative x.</summary>
internal static class NormalDistribution
{
    // e^(−x²/2) is a subnormal number from here on and soon zero; the polynomial below is fitted as far as this.
    private const float Furthest = 14.5f;
    private const int HighBits = unchecked((int)0xFFFFF000);
    private const float InverseRootTwoPi = 0.398942280f;

    /// <summary>Φ(x), to 4e-7 of itself where it is a normal number (so also of 1 − Φ(−x)), and the density φ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (Vector<float> Cumulative, Vector<float> Density) Of(Vector<float> x)
    {
        Vector<float> z = Vector.Abs(x);
        z = Vector.ConditionalSelect(Vector.GreaterThan(z, new Vector<float>(Furthest)), new Vector<float>(Furthest), z);

        // e^(−z²/2), with what rounding takes from z² given back: exact products of halves of z instead of a fused multiply-add, which not every processor has.
        Vector<float> square = z * z;
        Vector<float> high = Vector.AsVectorSingle(Vector.AsVectorInt32(z) & new Vector<int>(HighBits));
        Vector<float> low = z - high;
        Vector<float> lost = (high * high) - square + (low * (high + z));
        Vector<float> power = VectorMath.Exp(square * -0.5f);
        power -= power * (lost * 0.5f);

        // Φ(−z) = e^(−z²/2) R(z): (z + 2.5) R(z) is a polynomial in q = (z − 2.5) / (z + 2.5), fitted for the least relative error (1.6e-8).
        Vector<float> scale = Vector<float>.One / (z + new Vector<float>(2.5f));
        Vector<float> q = (z - new Vector<float>(2.5f)) * scale;
        Vector<float> p = Vector.MultiplyAddEstimate(new Vector<float>(-0.000157265953f), q, new Vector<float>(-0.000310864736f));
        p = Vector.MultiplyAddEstimate(p, q, new Vector<float>(0.000684343104f));
        p = Vector.MultiplyAddEstimate(p, q, new Vector<float>(0.00252329698f));
        p = Vector.MultiplyAddEstimate(p, q, new Vector<float>(-0.00160096015f));
        p = Vector.MultiplyAddEstimate(p, q, new Vector<float>(-0.0163860209f));
        p = Vector.MultiplyAddEstimate(p, q, new Vector<float>(0.0092359148f));
        p = Vector.MultiplyAddEstimate(p, q, new Vector<float>(0.131986961f));
        p = Vector.MultiplyAddEstimate(p, q, new Vector<float>(-0.433692008f));
        p = Vector.MultiplyAddEstimate(p, q, new Vector<float>(0.706656635f));
        Vector<float> tail = power * (p * scale);
        return (Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), tail, Vector<float>.One - tail), power * InverseRootTwoPi);
    }
}
