using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public sealed class ColumnSumTests
{
    public static TheoryData<int, int> Sizes => OpSizes.RowsAndWidths();

    [Fact]
    public void Backward_HandValue_IsExact()
    {
        using OpTest test = new();
        Tensor db = test.Poisoned(2);
        Tensor dy = test.Floats([1, 2, 3, 4, 5, 6], 3, 2);
        ColumnSum.Backward(test.Device, db, dy, accumulate: false);
        Assert.Equal([9, 12], test.Read(db));
        ColumnSum.Backward(test.Device, db, dy, accumulate: true);
        Assert.Equal([18, 24], test.Read(db));
    }

    [Fact]
    public void Backward_NoRows_IsZero()
    {
        using OpTest test = new();
        Tensor db = test.Poisoned(2);
        ColumnSum.Backward(test.Device, db, test.Poisoned(0, 2), accumulate: false);
        Assert.Equal([0, 0], test.Read(db));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    [InlineData(100_000, 3)]
    [InlineData(4_097, 530)]
    public void Backward_AnySize_AgreesWithDouble(int rows, int width)
    {
        float[] values = OpTest.Normal(1, (long)rows * width);
        double[] expected = new double[width];
        for (int i = 0; i < values.Length; i++)
        {
            expected[i % width] += values[i];
        }

        using OpTest test = new();
        Tensor db = test.Poisoned(width);
        Tensor dy = test.Floats(values, rows, width);
        ColumnSum.Backward(test.Device, db, dy, accumulate: false);
        OpTest.AssertClose(expected, test.Read(db), 1e-6, "db");
        ColumnSum.Backward(test.Device, db, dy, accumulate: true);
        OpTest.AssertClose([.. expected.Select(sum => 2 * sum)], test.Read(db), 1e-6, "db, twice");
    }

    [Fact]
    public void Backward_AnyThreads_GivesTheSameBits()
    {
        float[] values = OpTest.Normal(1, 300 * 600);
        OpTest.AssertSameBitsOnAnyThreads(test =>
        {
            Tensor db = test.Poisoned(600);
            ColumnSum.Backward(test.Device, db, test.Floats(values, 300, 600), accumulate: false);
            return test.Read(db);
        });
    }

    [Fact]
    public void Backward_Warm_AllocatesNothing()
    {
        using OpTest test = new();
        Tensor db = test.Poisoned(300);
        Tensor dy = test.Floats(OpTest.Normal(1, 300 * 300), 300, 300);
        OpTest.AssertAllocatesNothing(() => ColumnSum.Backward(test.Device, db, dy, accumulate: true));
    }

    [Fact]
    public void Backward_WrongExtents_NamesBoth()
    {
        using OpTest test = new();
        string message = Assert.Throws<ArgumentException>("db", () => ColumnSum.Backward(test.Device, test.Poisoned(2), test.Poisoned(2, 4), accumulate: false)).Message;
        Assert.Contains("[2]", message, StringComparison.Ordinal);
        Assert.Contains("[4]", message, StringComparison.Ordinal);
    }
}
