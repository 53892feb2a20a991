using System.Numerics;
using System.Runtime.CompilerServices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>Elementary functions of single precision, where those of the runtime compute in double precision and take several times as long.</summary>
internal static unsafe class VectorMath
{
    // Beyond these the result is 0 and infinity; inside, the power of two fits when it is multiplied in two steps.
    private const float Lowest = -104f;
    private const float Highest = 89f;

    // 1.5 · 2^23: added to a small number it leaves the nearest integer in the low bits of the significand.
    private const float Rounder = 12582912f;
    private const int RounderBits = 0x4B400000;

    // ln 2 in two parts. The first has so few bits that its product with an integer below 2^9 is exact even without fused multiply-add.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float Log2E = 1.44269504f;

    /// <summary>e to the x. Relative error below 1.5e-7, subnormal results to the last place; exp(−∞) = 0, exp(∞) = ∞, not-a-number stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Exp(Vector<float> x)
    {
        // MaxNative and MinNative give their second argument when one is not a number.
        x = Vector.MinNative(new Vector<float>(Highest), Vector.MaxNative(new Vector<float>(Lowest), x));
        Vector<float> shifted = Vector.MultiplyAddEstimate(x, new Vector<float>(Log2E), new Vector<float>(Rounder));
        Vector<float> whole = shifted - new Vector<float>(Rounder);
        Vector<float> r = Vector.MultiplyAddEstimate(whole, new Vector<float>(-Ln2High), x);
        r = Vector.MultiplyAddEstimate(whole, new Vector<float>(-Ln2Low), r);

        // The polynomial for (e^r − 1 − r) / r² on |r| ≤ ln 2 / 2 is that of the Cephes library.
        Vector<float> p = Vector.MultiplyAddEstimate(new Vector<float>(1.9875691500e-4f), r, new Vector<float>(1.3981999507e-3f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(8.3334519073e-3f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(4.1665795894e-2f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(1.6666665459e-1f));
        p = Vector.MultiplyAddEstimate(p, r, new Vector<float>(5.0000001201e-1f));
        p = Vector.MultiplyAddEstimate(p, r * r, r) + Vector<float>.One;

        // 2^n as 2^⌊n/2⌋ · 2^(n−⌊n/2⌋): either factor is a normal number, so that large and subnormal results come out right.
        Vector<int> n = Vector.AsVectorInt32(shifted) - new Vector<int>(RounderBits);
        Vector<int> half = n >> 1;
        return p * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    /// <summary>Σ x y, in an order that depends on the count alone.</summary>
    internal static float Dot(float* x, float* y, int count)
    {
        Vector<float> even = Vector<float>.Zero;
        Vector<float> odd = Vector<float>.Zero;
        int i = 0;
        for (; i <= count - (2 * Vector<float>.Count); i += 2 * Vector<float>.Count)
        {
            even = Vector.MultiplyAddEstimate(Vector.Load(x + i), Vector.Load(y + i), even);
            odd = Vector.MultiplyAddEstimate(Vector.Load(x + i + Vector<float>.Count), Vector.Load(y + i + Vector<float>.Count), odd);
        }

        float sum = Vector.Sum(even + odd);
        for (; i < count; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> PowerOfTwo(Vector<int> exponent) => Vector.AsVectorSingle((exponent + new Vector<int>(127)) << 23);
}
