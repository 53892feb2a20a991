using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class ColumnSumTests(Bed bed)
{
    public static TheoryData<int, int> Sizes => OpSizes.RowsAndWidths();

    [Fact]
    public void Backward_HandValue_IsExact()
    {
        using OpTest test = new(bed);
        Tensor db = test.PoisonedSingles(2);
        Tensor dy = test.Floats([1, 2, 3, 4, 5, 6], 3, 2);
        ColumnSum.Backward(test.Device, db, dy, accumulate: false);
        Assert.Equal([9, 12], test.Read(db));
        ColumnSum.Backward(test.Device, db, dy, accumulate: true);
        Assert.Equal([18, 24], test.Read(db));
    }

    [Fact]
    public void Backward_NoRows_IsZero()
    {
        using OpTest test = new(bed);
        Tensor db = test.PoisonedSingles(2);
        ColumnSum.Backward(test.Device, db, test.Poisoned(0, 2), accumulate: false);
        Assert.Equal([0, 0], test.Read(db));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    [InlineData(100_000, 3)]
    [InlineData(4_097, 530)]
    public void Backward_AnySize_AgreesWithDouble(int rows, int width)
    {
        float[] values = bed.Normal(1, (long)rows * width);
        double[] expected = new double[width];
        for (int i = 0; i < values.Length; i++)
        {
            expected[i % width] += values[i];
        }

        using OpTest test = new(bed);
        Tensor db = test.PoisonedSingles(width);
        Tensor dy = test.Floats(values, rows, width);
        ColumnSum.Backward(test.Device, db, dy, accumulate: false);
        test.AssertClose(expected, test.Read(db), Tolerance.ColumnSum, "db");
        ColumnSum.Backward(test.Device, db, dy, accumulate: true);
        test.AssertClose([.. expected.Select(sum => 2 * sum)], test.Read(db), Tolerance.ColumnSum, "db, twice");
    }

    [Fact]
    public void Backward_AnyThreads_GivesTheSameBits()
    {
        float[] values = bed.Normal(1, 300 * 600);
        OpTest.AssertSameBits(bed, test =>
        {
            Tensor db = test.PoisonedSingles(600);
            ColumnSum.Backward(test.Device, db, test.Floats(values, 300, 600), accumulate: false);
            return test.Read(db);
        });
    }

    [Fact]
    public void Backward_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed);
        Tensor db = test.PoisonedSingles(300);
        Tensor dy = test.Floats(bed.Normal(1, 300 * 300), 300, 300);
        Allocations.AssertNone(() => ColumnSum.Backward(test.Device, db, dy, accumulate: true));
    }

    [Fact]
    public void Backward_WrongExtents_NamesBoth()
    {
        using OpTest test = new(bed);
        string message = Assert.Throws<ArgumentException>("db", () => ColumnSum.Backward(test.Device, test.PoisonedSingles(2), test.Poisoned(2, 4), accumulate: false)).Message;
        Assert.Contains("[2]", message, StringComparison.Ordinal);
        Assert.Contains("[4]", message, StringComparison.Ordinal);
    }
}

public sealed class ColumnSumCpuTests() : ColumnSumTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class ColumnSumCudaTests() : ColumnSumTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class ColumnSumBf16Tests() : ColumnSumTests(Bed.CudaBf16);
