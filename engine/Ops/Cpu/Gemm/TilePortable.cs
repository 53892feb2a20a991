using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace LlavaCuda.Ops.Cpu;

/// <summary>A tile of 8 × 8 in 128-bit vectors, which every processor has.</summary>
internal static unsafe class TilePortable
{
    internal const int Rows = 8;
    internal const int Columns = 2 * Lanes;
    private const int Lanes = 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run(float* a, float* b, long strideB, long depth, float* c, long ldc, float* bias, bool add)
    {
        Vector128<float> left0 = Vector128<float>.Zero, right0 = Vector128<float>.Zero;
        Vector128<float> left1 = Vector128<float>.Zero, right1 = Vector128<float>.Zero;
        Vector128<float> left2 = Vector128<float>.Zero, right2 = Vector128<float>.Zero;
        Vector128<float> left3 = Vector128<float>.Zero, right3 = Vector128<float>.Zero;
        Vector128<float> left4 = Vector128<float>.Zero, right4 = Vector128<float>.Zero;
        Vector128<float> left5 = Vector128<float>.Zero, right5 = Vector128<float>.Zero;
        Vector128<float> left6 = Vector128<float>.Zero, right6 = Vector128<float>.Zero;
        Vector128<float> left7 = Vector128<float>.Zero, right7 = Vector128<float>.Zero;
        for (long k = 0; k < depth; k++)
        {
            Vector128<float> leftB = Vector128.Load(b);
            Vector128<float> rightB = Vector128.Load(b + Lanes);
            Vector128<float> element;
            element = Vector128.Create(*a);
            left0 = Vector128.MultiplyAddEstimate(element, leftB, left0);
            right0 = Vector128.MultiplyAddEstimate(element, rightB, right0);
            element = Vector128.Create(a[1]);
            left1 = Vector128.MultiplyAddEstimate(element, leftB, left1);
            right1 = Vector128.MultiplyAddEstimate(element, rightB, right1);
            element = Vector128.Create(a[2]);
            left2 = Vector128.MultiplyAddEstimate(element, leftB, left2);
            right2 = Vector128.MultiplyAddEstimate(element, rightB, right2);
            element = Vector128.Create(a[3]);
            left3 = Vector128.MultiplyAddEstimate(element, leftB, left3);
            right3 = Vector128.MultiplyAddEstimate(element, rightB, right3);
            element = Vector128.Create(a[4]);
            left4 = Vector128.MultiplyAddEstimate(element, leftB, left4);
            right4 = Vector128.MultiplyAddEstimate(element, rightB, right4);
            element = Vector128.Create(a[5]);
            left5 = Vector128.MultiplyAddEstimate(element, leftB, left5);
            right5 = Vector128.MultiplyAddEstimate(element, rightB, right5);
            element = Vector128.Create(a[6]);
            left6 = Vector128.MultiplyAddEstimate(element, leftB, left6);
            right6 = Vector128.MultiplyAddEstimate(element, rightB, right6);
            element = Vector128.Create(a[7]);
            left7 = Vector128.MultiplyAddEstimate(element, leftB, left7);
            right7 = Vector128.MultiplyAddEstimate(element, rightB, right7);
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
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, Vector128<float> left, Vector128<float> right, float* bias, bool add)
    {
        if (add)
        {
            left += Vector128.Load(c);
            right += Vector128.Load(c + Lanes);
        }

        if (bias is not null)
        {
            left += Vector128.Load(bias);
            right += Vector128.Load(bias + Lanes);
        }

        left.Store(c);
        right.Store(c + Lanes);
    }
}
