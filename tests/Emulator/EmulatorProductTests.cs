using LlavaCuda.Native;

namespace LlavaCuda.Tests.Emulation;

/// <summary>The emulator's cuBLASLt against sums in double precision.</summary>
[Trait("Category", "Emulator")]
[Collection("Spare GPU")]
public sealed unsafe class EmulatorProductTests
{
    /// <summary>Gets sizes, transposes, types of inputs and output, alpha, beta and bias.</summary>
    public static TheoryData<int, int, int, bool, bool, bool, bool, float, float, bool> Products => new()
    {
        { 1, 1, 1, false, false, false, false, 1, 0, false },
        { 33, 7, 65, true, false, false, false, 1, 0, false },
        { 64, 12, 300, false, false, true, true, 1, 0, true },
        { 31, 13, 17, true, true, true, false, 0.5f, 1, false },
        { 70, 5, 257, false, true, false, false, -1, 2, true },
        { 96, 40, 64, true, false, true, true, 1, 1, true },
    };

    [Theory]
    [MemberData(nameof(Products))]
    public void Matmul_AnyForm_AgreesWithDouble(int m, int n, int k, bool transposeA, bool transposeB, bool bf16In, bool bf16Out, float alpha, float beta, bool bias)
    {
        using SpareGpu gpu = new();
        using ProductCall call = new(m, n, k, transposeA, transposeB, bf16In, bf16Out, bias);
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
        using ProductCall call = new(8, 8, 8, false, false, false, false, false);
        call.PoisonResult();
        Assert.Equal(CublasStatus.Success, call.Run(1, 0));
        Assert.All(call.Result(), static value => Assert.False(float.IsNaN(value)));
    }

    [Fact]
    public void Matmul_WrongSizesOrMemory_IsRefused()
    {
        using SpareGpu gpu = new();
        using ProductCall call = new(8, 8, 8, false, false, false, false, false);
        call.SetA(8, 8, ld: 7);
        Assert.Equal(CublasStatus.InvalidValue, call.Run(1, 0));
        call.SetA(8, 8, ld: 9);
        Assert.Equal(CublasStatus.ExecutionFailed, call.Run(1, 0));
        Assert.Contains("A, 284 bytes", Emulator.LastError, StringComparison.Ordinal);
        call.SetA(8, 7, ld: 8);
        Assert.Equal(CublasStatus.InvalidValue, call.Run(1, 0));
    }

    [Fact]
    public void Heuristic_GivesTwoAlgorithms()
    {
        using SpareGpu gpu = new();
        using ProductCall call = new(8, 8, 8, false, false, false, false, false);
        Assert.Equal(2, call.Algorithms(8));
        Assert.Equal(1, call.Algorithms(1));
    }
}
