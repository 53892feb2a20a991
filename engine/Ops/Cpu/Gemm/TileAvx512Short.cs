using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LlavaCuda.Ops.Cpu;

/// <summary>The upper 8 rows of a tile, for the last panel of A, which may have few: its layout stays that of <see cref="TileAvx512"/>.</summary>
internal static unsafe class TileAvx512Short
{
    internal const int Rows = 8;
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

        // The tile's lines of C come while the loop runs.
        float* line = c;
        for (int i = 0; i < Rows; i++)
        {
            Sse.Prefetch0(line);
            Sse.Prefetch0(line + TileAvx512.Columns - 1);
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
            a += TileAvx512.Rows;
            b += strideB;
        }

        TileAvx512.Put(c, left0, right0, bias, add);
        c += ldc;
        TileAvx512.Put(c, left1, right1, bias, add);
        c += ldc;
        TileAvx512.Put(c, left2, right2, bias, add);
        c += ldc;
        TileAvx512.Put(c, left3, right3, bias, add);
        c += ldc;
        TileAvx512.Put(c, left4, right4, bias, add);
        c += ldc;
        TileAvx512.Put(c, left5, right5, bias, add);
        c += ldc;
        TileAvx512.Put(c, left6, right6, bias, add);
        c += ldc;
        TileAvx512.Put(c, left7, right7, bias, add);
    }
}
