using LlavaCuda.Devices;
using LlavaCuda.Native;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Devices.Cuda;

/// <summary>5 rows of 3 inputs and 7 outputs, as cuBLASLt counts them: a row-major [r, c] is its c x r.</summary>
public sealed class GemmProblemTests
{
    private const nint Base = 1 << 20;
    private static readonly Tensor X = new(Base, DType.BF16, new Shape(5, 3));
    private static readonly Tensor W = new(Base, DType.BF16, new Shape(7, 3));
    private static readonly Tensor Y = new(Base, DType.BF16, new Shape(5, 7));
    private static readonly Tensor DW = new(Base, DType.F32, new Shape(7, 3));

    [Fact]
    public void Of_Forward_IsWTransposedTimesX()
    {
        GemmProblem problem = GemmProblem.Of(Y, W, transposeA: true, X, transposeB: false, bias: default, accumulate: false);
        Assert.Equal((7, 5, 3), (problem.M, problem.N, problem.K));
        Assert.Equal(new GemmMatrix(DType.BF16, 3, 7), problem.A);
        Assert.Equal(new GemmMatrix(DType.BF16, 3, 5), problem.B);
        Assert.Equal(new GemmMatrix(DType.BF16, 7, 5), problem.D);
        Assert.False(problem.HasBias);
        Assert.Equal("BF16 TN 7x5x3 to BF16, aligned to 256, 256, 256 bytes", problem.ToString());
    }

    [Fact]
    public void Of_BackwardInput_IsWTimesDy()
    {
        GemmProblem problem = GemmProblem.Of(X, W, transposeA: false, Y, transposeB: false, bias: default, accumulate: true);
        Assert.Equal((3, 5, 7), (problem.M, problem.N, problem.K));
        Assert.Equal(new GemmMatrix(DType.BF16, 3, 7), problem.A);
        Assert.Equal(new GemmMatrix(DType.BF16, 7, 5), problem.B);
        Assert.Equal(new GemmMatrix(DType.BF16, 3, 5), problem.D);
        Assert.True(problem.Accumulates);
        Assert.Equal("BF16 NN 3x5x7 to BF16, added, aligned to 256, 256, 256 bytes", problem.ToString());
    }

    [Fact]
    public void Of_BackwardWeight_IsXTimesDyTransposedInSingles()
    {
        GemmProblem problem = GemmProblem.Of(DW, X, transposeA: false, Y, transposeB: true, bias: default, accumulate: false);
        Assert.Equal((3, 7, 5), (problem.M, problem.N, problem.K));
        Assert.Equal(new GemmMatrix(DType.BF16, 3, 5), problem.A);
        Assert.Equal(new GemmMatrix(DType.BF16, 7, 5), problem.B);
        Assert.Equal(new GemmMatrix(DType.F32, 3, 7), problem.D);
        Assert.Equal(84, problem.D.Bytes);
        Assert.Equal("BF16 NT 3x7x5 to F32, aligned to 256, 256, 256 bytes", problem.ToString());
    }

    [Fact]
    public void Of_Addresses_TellTheirAlignmentUpTo256()
    {
        Tensor y = new(Base + 64, DType.BF16, Y.Shape);
        Tensor w = new(Base + 2, DType.BF16, W.Shape);
        Tensor x = new(Base + 4096, DType.BF16, X.Shape);
        Tensor bias = new(Base + 16, DType.BF16, new Shape(7));
        GemmProblem problem = GemmProblem.Of(y, w, transposeA: true, x, transposeB: false, bias, accumulate: false);
        Assert.Equal((2, 256, 16), (problem.AlignmentA, problem.AlignmentB, problem.AlignmentD));
        Assert.Equal("BF16 TN 7x5x3 to BF16, bias, aligned to 2, 256, 16 bytes", problem.ToString());
        Assert.Equal(64, GemmProblem.Of(y, w, transposeA: true, x, transposeB: false, bias: default, accumulate: false).AlignmentD);
    }

    [Fact]
    public void Of_BeyondThirtyTwoBits_IsExact()
    {
        const long Rows = 3_000_000_000;
        Tensor x = new(Base, DType.F32, new Shape(Rows, 3));
        GemmProblem problem = GemmProblem.Of(DW, x, transposeA: false, new Tensor(Base, DType.F32, new Shape(Rows, 7)), transposeB: true, bias: default, accumulate: false);
        Assert.Equal(Rows, problem.K);
        Assert.Equal(36_000_000_000, problem.A.Bytes);
    }

    [Fact]
    public void NameOf_Types_AreCublasLts()
    {
        Assert.Equal(CublasDataType.R32F, GemmMatrix.NameOf(DType.F32));
        Assert.Equal(CublasDataType.R16BF, GemmMatrix.NameOf(DType.BF16));
        Assert.Contains("I32", Assert.Throws<ArgumentException>(static () => GemmMatrix.NameOf(DType.I32)).Message, StringComparison.Ordinal);
    }
}
