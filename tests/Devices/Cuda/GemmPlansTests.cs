using LlavaCuda.Devices;
using LlavaCuda.Native;
using LlavaCuda.Tensors;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Devices.Cuda;

[Trait("Category", "Emulator")]
public sealed class GemmPlansTests
{
    [Fact]
    public void Multiply_SameProblem_MakesOnePlanAndAllocatesNothing()
    {
        using OpTest test = new(Bed.CudaBf16);
        Assert.SkipUnless(Emulator.IsAvailable, Emulator.Reason ?? string.Empty);
        (GemmProblem problem, GemmOperands operands) = Product(test, 20, 30, 40);
        using GemmPlans plans = new((CudaDevice)test.Device, autotune: null);
        Emulator.ResetStatistics();
        Allocations.AssertNone(() => plans.Multiply(problem, operands));
        Assert.Equal(1, plans.Made);
        Emulator.GetStatistics(out EmulatorStatistics statistics);
        Assert.Equal(0u, statistics.Allocations);
        plans.Multiply(problem with { Accumulates = true }, operands);
        plans.Multiply(problem with { AlignmentB = 2 }, operands);
        Assert.Equal(3, plans.Made);
    }

    [Fact]
    public void Multiply_MorePlansThanAreKept_GoesOn()
    {
        const int Most = 4096;
        using OpTest test = new(Bed.CudaSingle);
        Tensor x = test.Floats(Enumerable.Repeat(1f, Most + 1).ToArray(), Most + 1, 1);
        Tensor w = test.Floats([3], 1, 1);
        Tensor y = test.Poisoned(Most + 1, 1);
        using GemmPlans plans = new((CudaDevice)test.Device, autotune: null);
        for (int rows = 1; rows <= Most + 1; rows++)
        {
            GemmProblem problem = GemmProblem.Of(y.Slice(0, rows), w, transposeA: true, x.Slice(0, rows), transposeB: false, bias: default, accumulate: false);
            plans.Multiply(problem, new GemmOperands(y.Address, y.Address, w.Address, x.Address, Bias: 0));
        }

        Assert.Equal(Most + 1, plans.Made);
        Assert.All(test.Read(y), static value => Assert.Equal(3, value));
    }

    [Fact]
    public void Multiply_NoAlgorithm_NamesTheProblem()
    {
        using OpTest test = new(Bed.CudaSingle);
        (GemmProblem problem, GemmOperands operands) = Product(test, 2, 3, 4);
        using GemmPlans plans = new((CudaDevice)test.Device, autotune: null);
        CublasException error = Assert.Throws<CublasException>(() => plans.Multiply(problem with { Output = DType.BF16 }, operands));
        Assert.Contains(error.Status, (CublasStatus[])[CublasStatus.NotSupported, CublasStatus.InvalidValue]);
        Assert.Contains("the product F32 TN 4x2x3 to BF16", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal(0, plans.Made);
        plans.Multiply(problem, operands);
        Assert.Equal(1, plans.Made);
    }

    [Fact]
    public void Multiply_NotStarted_NamesTheProblem()
    {
        using OpTest test = new(Bed.CudaSingle);
        Assert.SkipUnless(Emulator.IsAvailable, Emulator.Reason ?? string.Empty);
        (GemmProblem problem, GemmOperands operands) = Product(test, 2, 3, 4);
        using GemmPlans plans = new((CudaDevice)test.Device, autotune: null);
        CublasException error = Assert.Throws<CublasException>(() => plans.Multiply(problem, operands with { A = 0x1000 }));
        Assert.Contains("the product F32 TN 4x2x3 to F32", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_GivesTheWorkspaceBack()
    {
        using OpTest test = new(Bed.CudaSingle);
        Assert.SkipUnless(Emulator.IsAvailable, Emulator.Reason ?? string.Empty);
        (GemmProblem problem, GemmOperands operands) = Product(test, 2, 3, 4);
        Emulator.GetStatistics(out EmulatorStatistics before);
        using (GemmPlans plans = new((CudaDevice)test.Device, autotune: null))
        {
            plans.Multiply(problem, operands);
            test.Device.Synchronize();
        }

        Emulator.GetStatistics(out EmulatorStatistics after);
        Assert.Equal(after.Allocations - before.Allocations, after.Frees - before.Frees);
    }

    /// <summary>The forward product of random rows.</summary>
    internal static (GemmProblem Problem, GemmOperands Operands) Product(OpTest test, int rows, int inputs, int outputs)
    {
        Tensor x = test.Floats(test.Bed.Normal(1, rows * inputs), rows, inputs);
        Tensor w = test.Floats(test.Bed.Normal(2, outputs * inputs), outputs, inputs);
        Tensor y = test.Poisoned(rows, outputs);
        return (
            GemmProblem.Of(y, w, transposeA: true, x, transposeB: false, bias: default, accumulate: false),
            new GemmOperands(y.Address, y.Address, w.Address, x.Address, Bias: 0));
    }
}
