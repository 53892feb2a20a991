using System.Numerics;
using System.Runtime.CompilerServices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>The logistic function.</summary>
internal static class Sigmoid
{
    /// <summary>σ(x) = 1 / (1 + e^−x), also where e^−x overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Of(Vector<float> x) => Vector<float>.One / (Vector<float>.One + VectorMath.Exp(-x));
}
