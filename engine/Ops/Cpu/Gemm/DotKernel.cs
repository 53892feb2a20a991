using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace LlavaCuda.Ops.Cpu;

/// <summary>
/// Products of a few rows of A with rows of B as inner products: every row of B is read once from memory, in order, which is all that decoding can wish for.
/// Each sum has its own vector of partial sums, so its bits depend neither on the number of rows nor on how they are grouped.
/// </summary>
internal static unsafe class DotKernel
{
    /// <summary>Computes a problem of the form NT.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TWidth, TVector>(GemmProblem* problem)
        where TWidth : struct, IVectorWidth<TVector>
        where TVector : struct
    {
        float* sums = stackalloc float[8];
        long lda = problem->Lda;
        long ldb = problem->Ldb;
        long k = problem->K;
        for (long column = 0; column < problem->N; column += 4)
        {
            int count = (int)Math.Min(4, problem->N - column);
            float* b = problem->B + (column * ldb);
            float* bias = problem->Bias is null ? null : problem->Bias + column;
            for (long row = 0; row < problem->M; row += 2)
            {
                int pair = (int)Math.Min(2, problem->M - row);
                float* a = problem->A + (row * lda);
                if (count == 4 && pair == 2)
                {
                    TwoByFour<TWidth, TVector>(sums, a, a + lda, b, ldb, k);
                }
                else if (count == 4)
                {
                    OneByFour<TWidth, TVector>(sums, a, b, ldb, k);
                }
                else
                {
                    for (int i = 0; i < pair; i++)
                    {
                        Fewer<TWidth, TVector>(sums + (4 * i), a + (i * lda), b, ldb, count, k);
                    }
                }

                for (int i = 0; i < pair; i++)
                {
                    AddRest(sums + (4 * i), a + (i * lda), b, ldb, count, k / TWidth.Count * TWidth.Count, k);
                    Put(problem->C + ((row + i) * problem->Ldc) + column, sums + (4 * i), count, bias, problem->Accumulate);
                }
            }
        }
    }

    private static void Put(float* c, float* sums, int count, float* bias, bool add)
    {
        for (int j = 0; j < count; j++)
        {
            float sum = add ? sums[j] + c[j] : sums[j];
            c[j] = bias is null ? sum : sum + bias[j];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoByFour<TWidth, TVector>(float* sums, float* a0, float* a1, float* b, long ldb, long k)
        where TWidth : struct, IVectorWidth<TVector>
        where TVector : struct
    {
        float* b1 = b + ldb;
        float* b2 = b1 + ldb;
        float* b3 = b2 + ldb;
        TVector sum00 = default, sum01 = default, sum02 = default, sum03 = default;
        TVector sum10 = default, sum11 = default, sum12 = default, sum13 = default;
        long i = 0;
        for (; i + TWidth.Count <= k; i += TWidth.Count)
        {
            TVector x0 = TWidth.Load(a0 + i);
            TVector x1 = TWidth.Load(a1 + i);
            TVector y = TWidth.Load(b + i);
            sum00 = TWidth.MultiplyAdd(x0, y, sum00);
            sum10 = TWidth.MultiplyAdd(x1, y, sum10);
            y = TWidth.Load(b1 + i);
            sum01 = TWidth.MultiplyAdd(x0, y, sum01);
            sum11 = TWidth.MultiplyAdd(x1, y, sum11);
            y = TWidth.Load(b2 + i);
            sum02 = TWidth.MultiplyAdd(x0, y, sum02);
            sum12 = TWidth.MultiplyAdd(x1, y, sum12);
            y = TWidth.Load(b3 + i);
            sum03 = TWidth.MultiplyAdd(x0, y, sum03);
            sum13 = TWidth.MultiplyAdd(x1, y, sum13);
        }

        SumFour(TWidth.Fold(sum00), TWidth.Fold(sum01), TWidth.Fold(sum02), TWidth.Fold(sum03)).Store(sums);
        SumFour(TWidth.Fold(sum10), TWidth.Fold(sum11), TWidth.Fold(sum12), TWidth.Fold(sum13)).Store(sums + 4);
    }

    // One row of B after the other, because memory gives most when it is read forwards; one vector of sums keeps up with it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneByFour<TWidth, TVector>(float* sums, float* a, float* b, long ldb, long k)
        where TWidth : struct, IVectorWidth<TVector>
        where TVector : struct => SumFour(
            OneByOne<TWidth, TVector>(a, b, k),
            OneByOne<TWidth, TVector>(a, b + ldb, k),
            OneByOne<TWidth, TVector>(a, b + (2 * ldb), k),
            OneByOne<TWidth, TVector>(a, b + (3 * ldb), k)).Store(sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> OneByOne<TWidth, TVector>(float* a, float* b, long k)
        where TWidth : struct, IVectorWidth<TVector>
        where TVector : struct
    {
        TVector sum = default;
        for (long i = 0; i + TWidth.Count <= k; i += TWidth.Count)
        {
            sum = TWidth.MultiplyAdd(TWidth.Load(a + i), TWidth.Load(b + i), sum);
        }

        return TWidth.Fold(sum);
    }

    private static void Fewer<TWidth, TVector>(float* sums, float* a, float* b, long ldb, int count, long k)
        where TWidth : struct, IVectorWidth<TVector>
        where TVector : struct
    {
        for (int j = 0; j < count; j++)
        {
            Vector128<float> folded = OneByOne<TWidth, TVector>(a, b, k);
            sums[j] = SumFour(folded, folded, folded, folded).ToScalar();
            b += ldb;
        }
    }

    // The elements that do not fill a vector.
    private static void AddRest(float* sums, float* a, float* b, long ldb, int count, long start, long k)
    {
        for (long i = start; i < k; i++)
        {
            for (int j = 0; j < count; j++)
            {
                sums[j] += a[i] * b[(j * ldb) + i];
            }
        }
    }

    // Each as (x0 + x1) + (x2 + x3).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> SumFour(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        if (Sse3.IsSupported)
        {
            return Sse3.HorizontalAdd(Sse3.HorizontalAdd(a, b), Sse3.HorizontalAdd(c, d));
        }

        if (AdvSimd.Arm64.IsSupported)
        {
            return AdvSimd.Arm64.AddPairwise(AdvSimd.Arm64.AddPairwise(a, b), AdvSimd.Arm64.AddPairwise(c, d));
        }

        return Vector128.Create(Vector128.Sum(a), Vector128.Sum(b), Vector128.Sum(c), Vector128.Sum(d));
    }
}
