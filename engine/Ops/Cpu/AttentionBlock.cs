using System.Numerics;
using System.Runtime.CompilerServices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>
/// Attention of one query over one block of keys that lie next to each other, and the joining of a query's blocks. A partial result is
/// <c>[Σ weight · value | maximum | Σ weight]</c>, weights relative to the block's own maximum.
/// </summary>
internal static unsafe class AttentionBlock
{
    /// <summary>Keys of a block: enough to be worth a thread's while, few enough that a short cache already keeps two threads busy.</summary>
    internal const int Keys = 256;

    /// <summary>Floats of a partial result.</summary>
    internal static long PartialSize(int headSize) => headSize + 2;

    /// <summary>Blocks for so many keys.</summary>
    internal static int CountFor(int keys) => (keys + Keys - 1) / Keys;

    /// <summary>Computes a partial result.</summary>
    [SkipLocalsInit]
    internal static void Attend(float* partial, float* q, float* k, float* v, int keys, int headSize, float scale)
    {
        float* weights = stackalloc float[Keys];
        Score(weights, q, k, keys, headSize);
        float max = float.NegativeInfinity;
        for (int i = 0; i < keys; i++)
        {
            weights[i] *= scale;
            max = MathF.Max(max, weights[i]);
        }

        // The last vector may go beyond the keys, and its surplus lanes become zeros.
        new Span<float>(weights + keys, Keys - keys).Fill(float.NegativeInfinity);
        Vector<float> sum = Vector<float>.Zero;
        for (int i = 0; i < keys; i += Vector<float>.Count)
        {
            Vector<float> weight = VectorMath.Exp(Vector.Load(weights + i) - new Vector<float>(max));
            Vector.Store(weight, weights + i);
            sum += weight;
        }

        new Span<float>(partial, headSize).Clear();
        partial[headSize] = max;
        partial[headSize + 1] = Vector.Sum(sum);
        AddValues(partial, weights, v, keys, headSize);
    }

    /// <summary>Joins partial results that lie next to each other, in their order.</summary>
    internal static void Join(float* o, float* partial, int blocks, int headSize)
    {
        long size = PartialSize(headSize);
        float max = float.NegativeInfinity;
        for (int block = 0; block < blocks; block++)
        {
            max = MathF.Max(max, partial[(block * size) + headSize]);
        }

        float total = 0;
        for (int block = 0; block < blocks; block++)
        {
            total += partial[(block * size) + headSize + 1] * MathF.Exp(partial[(block * size) + headSize] - max);
        }

        new Span<float>(o, headSize).Clear();
        for (int block = 0; block < blocks; block++)
        {
            float factor = MathF.Exp(partial[headSize] - max) / total;
            for (int i = 0; i < headSize; i++)
            {
                o[i] += partial[i] * factor;
            }

            partial += size;
        }
    }

    // Four keys at a time: their sums do not wait for each other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score(float* scores, float* q, float* k, int keys, int headSize)
    {
        int key = 0;
        for (; key <= keys - 4; key += 4)
        {
            float* k1 = k + headSize;
            float* k2 = k1 + headSize;
            float* k3 = k2 + headSize;
            Vector<float> sum0 = Vector<float>.Zero, sum1 = Vector<float>.Zero, sum2 = Vector<float>.Zero, sum3 = Vector<float>.Zero;
            int i = 0;
            for (; i <= headSize - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> x = Vector.Load(q + i);
                sum0 = Vector.MultiplyAddEstimate(x, Vector.Load(k + i), sum0);
                sum1 = Vector.MultiplyAddEstimate(x, Vector.Load(k1 + i), sum1);
                sum2 = Vector.MultiplyAddEstimate(x, Vector.Load(k2 + i), sum2);
                sum3 = Vector.MultiplyAddEstimate(x, Vector.Load(k3 + i), sum3);
            }

            scores[key] = Vector.Sum(sum0);
            scores[key + 1] = Vector.Sum(sum1);
            scores[key + 2] = Vector.Sum(sum2);
            scores[key + 3] = Vector.Sum(sum3);
            for (; i < headSize; i++)
            {
                scores[key] += q[i] * k[i];
                scores[key + 1] += q[i] * k1[i];
                scores[key + 2] += q[i] * k2[i];
                scores[key + 3] += q[i] * k3[i];
            }

            k = k3 + headSize;
        }

        for (; key < keys; key++)
        {
            scores[key] = VectorMath.Dot(q, k, headSize);
            k += headSize;
        }
    }

    // Four keys at a time, so that the sums are read and written once for four values.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddValues(float* sums, float* weights, float* v, int keys, int headSize)
    {
        int key = 0;
        for (; key <= keys - 4; key += 4)
        {
            AddFour(sums, weights + key, v, v + headSize, v + (2 * headSize), v + (3 * headSize), headSize);
            v += 4 * headSize;
        }

        for (; key < keys; key++)
        {
            for (int i = 0; i < headSize; i++)
            {
                sums[i] += weights[key] * v[i];
            }

            v += headSize;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFour(float* sums, float* weights, float* v0, float* v1, float* v2, float* v3, int headSize)
    {
        Vector<float> weight0 = new(weights[0]);
        Vector<float> weight1 = new(weights[1]);
        Vector<float> weight2 = new(weights[2]);
        Vector<float> weight3 = new(weights[3]);
        int i = 0;
        for (; i <= headSize - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> sum = Vector.MultiplyAddEstimate(weight0, Vector.Load(v0 + i), Vector.Load(sums + i));
            sum = Vector.MultiplyAddEstimate(weight1, Vector.Load(v1 + i), sum);
            sum = Vector.MultiplyAddEstimate(weight2, Vector.Load(v2 + i), sum);
            sum = Vector.MultiplyAddEstimate(weight3, Vector.Load(v3 + i), sum);
            Vector.Store(sum, sums + i);
        }

        for (; i < headSize; i++)
        {
            sums[i] += (weights[0] * v0[i]) + (weights[1] * v1[i]) + (weights[2] * v2[i]) + (weights[3] * v3[i]);
        }
    }
}
