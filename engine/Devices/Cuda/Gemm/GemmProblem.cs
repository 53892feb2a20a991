using System.Globalization;
using System.Numerics;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>
/// A matrix product as cuBLASLt counts it, column by column: D [m, n] = op(A) [m, k] · op(B) [k, n] (+ bias) (+ D). It holds all that the choice of an algorithm depends on, so products of equal
/// problems give equal bits. A tensor of this engine, row-major <c>[rows, width]</c>, is to cuBLASLt a matrix of width rows and rows columns, without a copy or a transpose:
/// <code>
/// product                       m, n, k            A          B
/// forward   y  = x Wᵀ (+ b)     out, rows, in      W, T       x, N
/// backward  dx = dy W           in, rows, out      W, N       dy, N
/// backward  dW = dyᵀ x          in, out, rows      x, N       dy, T
/// </code>
/// </summary>
/// <param name="M">Rows of D.</param>
/// <param name="N">Columns of D.</param>
/// <param name="K">What is summed over.</param>
/// <param name="TransposeA">Whether op(A) is Aᵀ.</param>
/// <param name="TransposeB">Whether op(B) is Bᵀ.</param>
/// <param name="Input">Type of A and B.</param>
/// <param name="Output">Type of D.</param>
/// <param name="HasBias">Whether a bias of m values, of D's type, is added.</param>
/// <param name="Accumulates">Whether the product is added to D.</param>
/// <param name="AlignmentA">Bytes that divide A's address.</param>
/// <param name="AlignmentB">Bytes that divide B's address.</param>
/// <param name="AlignmentD">Bytes that divide D's address and the bias's.</param>
internal readonly record struct GemmProblem(
    long M,
    long N,
    long K,
    bool TransposeA,
    bool TransposeB,
    DType Input,
    DType Output,
    bool HasBias,
    bool Accumulates,
    int AlignmentA,
    int AlignmentB,
    int AlignmentD)
{
    // What cuBLASLt takes for granted when nothing is said, and more than any algorithm asks for.
    private const int LargestAlignment = 256;

    /// <summary>Gets A as it lies in memory.</summary>
    internal GemmMatrix A => TransposeA ? new(Input, K, M) : new(Input, M, K);

    /// <summary>Gets B as it lies in memory.</summary>
    internal GemmMatrix B => TransposeB ? new(Input, N, K) : new(Input, K, N);

    /// <summary>Gets D as it lies in memory.</summary>
    internal GemmMatrix D => new(Output, M, N);

    /// <summary>Describes the product of two row-major tensors that gives a third.</summary>
    /// <param name="d">The result, <c>[n, m]</c>; the bias is of its type.</param>
    /// <param name="a"><c>[m, k]</c> when it enters transposed, else <c>[k, m]</c>; B is of its type.</param>
    /// <param name="transposeA">Whether A enters transposed.</param>
    /// <param name="b"><c>[k, n]</c> when it enters transposed, else <c>[n, k]</c>.</param>
    /// <param name="transposeB">Whether B enters transposed.</param>
    /// <param name="bias"><c>[m]</c>, or none.</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="d"/>.</param>
    /// <returns>The problem.</returns>
    internal static GemmProblem Of(Tensor d, Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor bias, bool accumulate) => new(
        d.Width,
        d.Rows,
        transposeA ? a.Width : a.Rows,
        transposeA,
        transposeB,
        a.Type,
        d.Type,
        bias.Exists,
        accumulate,
        Alignment(a.Address),
        Alignment(b.Address),
        Alignment(d.Address | bias.Address));

    /// <summary>Writes the problem as errors and the file of choices name it: <c>BF16 TN 4096x577x1024 to BF16, bias, aligned to 256, 256, 256 bytes</c>.</summary>
    /// <returns>The text; equal for equal problems only.</returns>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Input} {(TransposeA ? 'T' : 'N')}{(TransposeB ? 'T' : 'N')} {M}x{N}x{K} to {Output}{(HasBias ? ", bias" : string.Empty)}{(Accumulates ? ", added" : string.Empty)}, aligned to {AlignmentA}, {AlignmentB}, {AlignmentD} bytes");

    private static int Alignment(nint address) => 1 << Math.Min(BitOperations.TrailingZeroCount(address), BitOperations.Log2(LargestAlignment));
}
