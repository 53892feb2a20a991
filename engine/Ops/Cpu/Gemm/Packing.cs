using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LlavaCuda.Ops.Cpu;

/// <summary>
/// Rearranges an operand into panels: <c>panel[k · width + i]</c> holds element k of line i, so that a tile kernel reads forwards only.
/// Lines that the matrix lacks (<c>lines &lt; width</c>) become zeros. Nothing outside panel and operand is touched.
/// </summary>
internal static unsafe class Packing
{
    private const int Block = 8;

    /// <summary>Packs lines that lie next to each other: element k of line i is <c>source[k · stride + i]</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Copy(float* panel, int width, float* source, long stride, int lines, long depth)
    {
        for (long k = 0; k < depth; k++)
        {
            if (Sse.IsSupported)
            {
                // Rows may lie pages apart, and the processor's own prefetchers stop at the end of a page.
                for (int j = 0; j < lines; j += 16)
                {
                    Sse.Prefetch0(source + (16 * stride) + j);
                }
            }

            int i = 0;
            for (; i + 8 <= lines; i += 8)
            {
                Vector256.Store(Vector256.Load(source + i), panel + i);
            }

            if (i + 4 <= lines)
            {
                Vector128.Store(Vector128.Load(source + i), panel + i);
                i += 4;
            }

            for (; i < lines; i++)
            {
                panel[i] = source[i];
            }

            for (; i < width; i++)
            {
                panel[i] = 0;
            }

            source += stride;
            panel += width;
        }
    }

    /// <summary>Packs lines that are rows of the source: element k of line i is <c>source[i · stride + k]</c>.</summary>
    internal static void Transpose(float* panel, int width, float* source, long stride, int lines, long depth)
    {
        int i = 0;
        if (Avx.IsSupported)
        {
            for (; i + Block <= lines; i += Block)
            {
                TransposeEight(panel + i, width, source + (i * stride), stride, depth);
            }
        }

        for (; i + 4 <= lines; i += 4)
        {
            TransposeFour(panel + i, width, source + (i * stride), stride, depth);
        }

        for (; i < lines; i++)
        {
            float* row = source + (i * stride);
            for (long k = 0; k < depth; k++)
            {
                panel[(k * width) + i] = row[k];
            }
        }

        for (; i < width; i++)
        {
            for (long k = 0; k < depth; k++)
            {
                panel[(k * width) + i] = 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeEight(float* panel, long width, float* source, long stride, long depth)
    {
        float* lower = source + (4 * stride);
        long k = 0;
        for (; k + Block <= depth; k += Block)
        {
            Half(panel, width, source + k, lower + k, stride);
            Half(panel + (4 * width), width, source + k + 4, lower + k + 4, stride);
            panel += Block * width;
        }

        for (; k < depth; k++)
        {
            for (int i = 0; i < Block; i++)
            {
                panel[i] = source[(i * stride) + k];
            }

            panel += width;
        }
    }

    // Four elements of eight lines: lines 0-3 in the lower halves, 4-7 in the upper ones, so that no shuffle crosses the halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half(float* panel, long width, float* upper, float* lower, long stride)
    {
        Vector256<float> line0 = Vector256.Create(Vector128.Load(upper), Vector128.Load(lower));
        Vector256<float> line1 = Vector256.Create(Vector128.Load(upper + stride), Vector128.Load(lower + stride));
        Vector256<float> line2 = Vector256.Create(Vector128.Load(upper + (2 * stride)), Vector128.Load(lower + (2 * stride)));
        Vector256<float> line3 = Vector256.Create(Vector128.Load(upper + (3 * stride)), Vector128.Load(lower + (3 * stride)));
        Vector256<double> low01 = Avx.UnpackLow(line0, line1).AsDouble();
        Vector256<double> high01 = Avx.UnpackHigh(line0, line1).AsDouble();
        Vector256<double> low23 = Avx.UnpackLow(line2, line3).AsDouble();
        Vector256<double> high23 = Avx.UnpackHigh(line2, line3).AsDouble();
        Vector256.Store(Avx.UnpackLow(low01, low23).AsSingle(), panel);
        Vector256.Store(Avx.UnpackHigh(low01, low23).AsSingle(), panel + width);
        Vector256.Store(Avx.UnpackLow(high01, high23).AsSingle(), panel + (2 * width));
        Vector256.Store(Avx.UnpackHigh(high01, high23).AsSingle(), panel + (3 * width));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeFour(float* panel, long width, float* source, long stride, long depth)
    {
        float* row1 = source + stride;
        float* row2 = row1 + stride;
        float* row3 = row2 + stride;
        for (long k = 0; k < depth; k++)
        {
            Vector128.Create(source[k], row1[k], row2[k], row3[k]).Store(panel);
            panel += width;
        }
    }
}
