using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LlavaCuda.Ops.Cpu;

/// <summary>A tile of 6 × 16: 12 sums, two vectors of B and one element of A fit the 16 registers of AVX2.</summary>
internal static unsafe class TileAvx2
{
    internal const int Rows = 6;
    internal const int Columns = 2 * Lanes;
    private const int Lanes = 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run(float* a, float* b, long strideB, long depth, float* c, long ldc, float* bias, bool add)
    {
        Vector256<float> left0 = Vector256<float>.Zero, right0 = Vector256<float>.Zero;
        Vector256<float> left1 = Vector256<float>.Zero, right1 = Vector256<float>.Zero;
        Vector256<float> left2 = Vector256<float>.Zero, right2 = Vector256<float>.Zero;
        Vector256<float> left3 = Vector256<float>.Zero, right3 = Vector256<float>.Zero;
        Vector256<float> left4 = Vector256<float>.Zero, right4 = Vector256<float>.Zero;
        Vector256<float> left5 = Vector256<float>.Zero, right5 = Vector256<float>.Zero;

        // The tile's lines of C come while the loop runs.
        float* line = c;
        for (int i = 0; i < Rows; i++)
        {
            Sse.Prefetch0(line);
            Sse.Prefetch0(line + Columns - 1);
            line += ldc;
        }

        for (long k = 0; k < depth; k++)
        {
            Vector256<float> leftB = Vector256.Load(b);
            Vector256<float> rightB = Vector256.Load(b + Lanes);
            Vector256<float> element;
            element = Vector256.Create(*a);
            left0 = Fma.MultiplyAdd(element, leftB, left0);
            right0 = Fma.MultiplyAdd(element, rightB, right0);
            element = Vector256.Create(a[1]);
            left1 = Fma.MultiplyAdd(element, leftB, left1);
            right1 = Fma.MultiplyAdd(element, rightB, right1);
            element = Vector256.Create(a[2]);
            left2 = Fma.MultiplyAdd(element, leftB, left2);
            right2 = Fma.MultiplyAdd(element, rightB, right2);
            element = Vector256.Create(a[3]);
            left3 = Fma.MultiplyAdd(element, leftB, left3);
            right3 = Fma.MultiplyAdd(element, rightB, right3);
            element = Vector256.Create(a[4]);
            left4 = Fma.MultiplyAdd(element, leftB, left4);
            right4 = Fma.MultiplyAdd(element, rightB, right4);
            element = Vector256.Create(a[5]);
            left5 = Fma.MultiplyAdd(element, leftB, left5);
            right5 = Fma.MultiplyAdd(element, rightB, right5);
            a += Rows;
            b += strideB;
        }

        Put(c, left0, right0, bias, add);
        c += ldc;
        Put(c, left1, right1, bias, add);
        c += ldc;
        Put(c, left2, right2, bias, add);
        c += ldc;
        Put(c, left3, right3, bias, add);
        c += ldc;
        Put(c, left4, right4, bias, add);
        c += ldc;
        Put(c, left5, right5, bias, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, Vector256<float> left, Vector256<float> right, float* bias, bool add)
    {
        if (add)
        {
            left += Vector256.Load(c);
            right += Vector256.Load(c + Lanes);
        }

        if (bias is not null)
        {
            left += Vector256.Load(bias);
            right += Vector256.Load(bias + Lanes);
        }

        left.Store(c);
        right.Store(c + Lanes);
    }
}
