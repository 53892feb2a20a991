using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>
/// Single-precision matrix products, C[M, N] = op(A)[M, K] · op(B)[K, N]. The order in which an element is summed depends on K and on whether the rows are few,
/// never on the number of threads. Works in bounded memory (<see cref="PackBuffer"/>) and allocates nothing per call.
/// </summary>
internal static unsafe class Gemm
{
    // Up to so many rows, reading weights once and in order beats rearranging them (measured: 1.5 times as fast at 16 rows, equal at 24).
    internal const long FewRows = 20;

    /// <summary>Multiplies.</summary>
    /// <param name="workers">The threads to use; inside a job's body, only the thread that calls.</param>
    /// <param name="form">Which operand is transposed.</param>
    /// <param name="c">The result [M, N]; must not overlap the operands.</param>
    /// <param name="ldc">Distance between the rows of C in floats, at least N.</param>
    /// <param name="a">[M, K], or [K, M] for <see cref="GemmForm.TN"/>.</param>
    /// <param name="lda">Distance between the rows of A in floats.</param>
    /// <param name="b">[K, N], or [N, K] for <see cref="GemmForm.NT"/>.</param>
    /// <param name="ldb">Distance between the rows of B in floats.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Length of the sums; with 0 the product is zeros.</param>
    /// <param name="bias">Added to every row of C, [N]; or null.</param>
    /// <param name="accumulate">Whether to add to C instead of overwriting it.</param>
    /// <param name="kernel">Inner kernels to use instead of the processor's best.</param>
    /// <param name="rowsAlone">The rows by which the order of the sums is chosen; 0 for <paramref name="m"/>.</param>
    internal static void Multiply(
        CpuWorkers workers,
        GemmForm form,
        float* c,
        long ldc,
        float* a,
        long lda,
        float* b,
        long ldb,
        long m,
        long n,
        long k,
        float* bias = null,
        bool accumulate = false,
        GemmKernel? kernel = null,
        long rowsAlone = 0)
    {
        if (m < 0 || n < 0 || k < 0 || ldc < n || lda < (form == GemmForm.TN ? m : k) || ldb < (form == GemmForm.NT ? k : n))
        {
            throw new ArgumentException($"Cannot multiply {form} with M {m}, N {n}, K {k} and rows {lda}, {ldb}, {ldc} apart.");
        }

        if (m == 0 || n == 0)
        {
            return;
        }

        GemmProblem problem = new()
        {
            Form = form,
            Accumulate = accumulate,
            C = c,
            A = a,
            B = b,
            Bias = bias,
            Ldc = ldc,
            Lda = lda,
            Ldb = ldb,
            M = m,
            N = n,
            K = k,
        };
        kernel ??= GemmKernel.Best;
        if (form == GemmForm.NT && (rowsAlone > 0 ? rowsAlone : m) <= FewRows)
        {
            DotProduct.Run(workers, kernel, problem);
        }
        else
        {
            TiledProduct.Run(workers, kernel, problem);
        }
    }
}
