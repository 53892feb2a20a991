using LlavaCuda.Native;

namespace LlavaCuda.Tests.Emulation;

/// <summary>The emulator's cuBLASLt against sums in double precision.</summary>
[Trait("Category", "Emulator")]
[Collection("Spare GPU")]
public sealed unsafe class EmulatorProductTests
{
    /// <summary>Gets sizes, transposes, types of inputs and output, alpha, beta, bias and batches.</summary>
    public static TheoryData<int, int, int, bool, bool, bool, bool, float, float, bool, int> Products => new()
    {
        { 1, 1, 1, false, false, false, false, 1, 0, false, 1 },
        { 33, 7, 65, true, false, false, false, 1, 0, false, 1 },
        { 64, 12, 300, false, false, true, true, 1, 0, true, 1 },
        { 31, 13, 17, true, true, true, false, 0.5f, 1, false, 2 },
        { 70, 5, 257, false, true, false, false, -1, 2, true, 3 },
        { 96, 40, 64, true, false, true, true, 1, 1, true, 1 },
    };

    [Theory]
    [MemberData(nameof(Products))]
    public void Matmul_AnyForm_AgreesWithDouble(int m, int n, int k, bool transposeA, bool transposeB, bool bf16In, bool bf16Out, float alpha, float beta, bool bias, int batches)
    {
        using SpareGpu gpu = new();
        using ProductCall call = new(m, n, k, transposeA, transposeB, bf16In, bf16Out, bias, batches);
        Assert.Equal(CublasStatus.Success, call.Run(alpha, beta));
        float[] actual = call.Result();
        double[] expected = call.Expected(alpha, beta);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], (bf16Out ? Math.Abs(expected[i]) / 250 : 0) + 1e-4);
        }
    }

    [Fact]
    public void Matmul_WithBetaZero_DoesNotReadC()
    {
        using SpareGpu gpu = new();
        using ProductCall call = new(8, 8, 8, false, false, false, false, false, 1);
        call.PoisonResult();
        Assert.Equal(CublasStatus.Success, call.Run(1, 0));
        Assert.All(call.Result(), static value => Assert.False(float.IsNaN(value)));
    }

    [Fact]
    public void Matmul_WrongSizesOrMemory_IsRefused()
    {
        using SpareGpu gpu = new();
        using ProductCall call = new(8, 8, 8, false, false, false, false, false, 1);
        call.Set(CublasLtLayoutAttribute.Ld, 7L);
        Assert.Equal(CublasStatus.InvalidValue, call.Run(1, 0));
        call.Set(CublasLtLayoutAttribute.Ld, 9L);
        Assert.Equal(CublasStatus.ExecutionFailed, call.Run(1, 0));
        Assert.Contains("A, 284 bytes", Emulator.LastError, StringComparison.Ordinal);
        call.Set(CublasLtLayoutAttribute.Ld, 8L);
        call.Set(CublasLtLayoutAttribute.Cols, 7UL);
        Assert.Equal(CublasStatus.InvalidValue, call.Run(1, 0));
    }

    [Fact]
    public void Heuristic_GivesTwoAlgorithms()
    {
        using SpareGpu gpu = new();
        using ProductCall call = new(8, 8, 8, false, false, false, false, false, 1);
        Assert.Equal(2, call.Algorithms(8));
        Assert.Equal(1, call.Algorithms(1));
    }
}
