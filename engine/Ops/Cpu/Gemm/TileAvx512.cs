using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LlavaCuda.Ops.Cpu;

/// <summary>A tile of 14 × 32: 28 sums, two vectors of B and one element of A fill the 32 registers of AVX-512.</summary>
internal static unsafe class TileAvx512
{
    internal const int Rows = 14;
    internal const int Columns = 2 * Lanes;
    private const int Lanes = 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run(float* a, float* b, long strideB, long depth, float* c, long ldc, float* bias, bool add)
    {
        Vector512<float> left0 = Vector512<float>.Zero, right0 = Vector512<float>.Zero;
        Vector512<float> left1 = Vector512<float>.Zero, right1 = Vector512<float>.Zero;
        Vector512<float> left2 = Vector512<float>.Zero, right2 = Vector512<float>.Zero;
        Vector512<float> left3 = Vector512<float>.Zero, right3 = Vector512<float>.Zero;
        Vector512<float> left4 = Vector512<float>.Zero, right4 = Vector512<float>.Zero;
        Vector512<float> left5 = Vector512<float>.Zero, right5 = Vector512<float>.Zero;
        Vector512<float> left6 = Vector512<float>.Zero, right6 = Vector512<float>.Zero;
        Vector512<float> left7 = Vector512<float>.Zero, right7 = Vector512<float>.Zero;
        Vector512<float> left8 = Vector512<float>.Zero, right8 = Vector512<float>.Zero;
        Vector512<float> left9 = Vector512<float>.Zero, right9 = Vector512<float>.Zero;
        Vector512<float> left10 = Vector512<float>.Zero, right10 = Vector512<float>.Zero;
        Vector512<float> left11 = Vector512<float>.Zero, right11 = Vector512<float>.Zero;
        Vector512<float> left12 = Vector512<float>.Zero, right12 = Vector512<float>.Zero;
        Vector512<float> left13 = Vector512<float>.Zero, right13 = Vector512<float>.Zero;

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
            Vector512<float> leftB = Vector512.Load(b);
            Vector512<float> rightB = Vector512.Load(b + Lanes);
            Vector512<float> element;
            element = Vector512.Create(*a);
            left0 = Avx512F.FusedMultiplyAdd(element, leftB, left0);
            right0 = Avx512F.FusedMultiplyAdd(element, rightB, right0);
            element = Vector512.Create(a[1]);
            left1 = Avx512F.FusedMultiplyAdd(element, leftB, left1);
            right1 = Avx512F.FusedMultiplyAdd(element, rightB, right1);
            element = Vector512.Create(a[2]);
            left2 = Avx512F.FusedMultiplyAdd(element, leftB, left2);
            right2 = Avx512F.FusedMultiplyAdd(element, rightB, right2);
            element = Vector512.Create(a[3]);
            left3 = Avx512F.FusedMultiplyAdd(element, leftB, left3);
            right3 = Avx512F.FusedMultiplyAdd(element, rightB, right3);
            element = Vector512.Create(a[4]);
            left4 = Avx512F.FusedMultiplyAdd(element, leftB, left4);
            right4 = Avx512F.FusedMultiplyAdd(element, rightB, right4);
            element = Vector512.Create(a[5]);
            left5 = Avx512F.FusedMultiplyAdd(element, leftB, left5);
            right5 = Avx512F.FusedMultiplyAdd(element, rightB, right5);
            element = Vector512.Create(a[6]);
            left6 = Avx512F.FusedMultiplyAdd(element, leftB, left6);
            right6 = Avx512F.FusedMultiplyAdd(element, rightB, right6);
            element = Vector512.Create(a[7]);
            left7 = Avx512F.FusedMultiplyAdd(element, leftB, left7);
            right7 = Avx512F.FusedMultiplyAdd(element, rightB, right7);
            element = Vector512.Create(a[8]);
            left8 = Avx512F.FusedMultiplyAdd(element, leftB, left8);
            right8 = Avx512F.FusedMultiplyAdd(element, rightB, right8);
            element = Vector512.Create(a[9]);
            left9 = Avx512F.FusedMultiplyAdd(element, leftB, left9);
            right9 = Avx512F.FusedMultiplyAdd(element, rightB, right9);
            element = Vector512.Create(a[10]);
            left10 = Avx512F.FusedMultiplyAdd(element, leftB, left10);
            right10 = Avx512F.FusedMultiplyAdd(element, rightB, right10);
            element = Vector512.Create(a[11]);
            left11 = Avx512F.FusedMultiplyAdd(element, leftB, left11);
            right11 = Avx512F.FusedMultiplyAdd(element, rightB, right11);
            element = Vector512.Create(a[12]);
            left12 = Avx512F.FusedMultiplyAdd(element, leftB, left12);
            right12 = Avx512F.FusedMultiplyAdd(element, rightB, right12);
            element = Vector512.Create(a[13]);
            left13 = Avx512F.FusedMultiplyAdd(element, leftB, left13);
            right13 = Avx512F.FusedMultiplyAdd(element, rightB, right13);
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
        c += ldc;
        Put(c, left6, right6, bias, add);
        c += ldc;
        Put(c, left7, right7, bias, add);
        c += ldc;
        Put(c, left8, right8, bias, add);
        c += ldc;
        Put(c, left9, right9, bias, add);
        c += ldc;
        Put(c, left10, right10, bias, add);
        c += ldc;
        Put(c, left11, right11, bias, add);
        c += ldc;
        Put(c, left12, right12, bias, add);
        c += ldc;
        Put(c, left13, right13, bias, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Put(float* c, Vector512<float> left, Vector512<float> right, float* bias, bool add)
    {
        if (add)
        {
            left += Vector512.Load(c);
            right += Vector512.Load(c + Lanes);
        }

        if (bias is not null)
        {
            left += Vector512.Load(bias);
            right += Vector512.Load(bias + Lanes);
        }

        left.Store(c);
        right.Store(c + Lanes);
    }
}
