using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class ResidualTests(Bed bed)
{
    public static TheoryData<int, int> Sizes => OpSizes.RowsAndWidths();

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Add_AnySize_AddsExactly(int rows, int width)
    {
        float[] values = bed.Normal(1, (long)rows * width);
        float[] deltas = bed.Normal(2, (long)rows * width);
        using OpTest test = new(bed);
        Tensor x = test.Floats(values, rows, width);
        Tensor delta = test.Floats(deltas, rows, width);
        Residual.Add(test.Device, x, delta);
        Assert.Equal(bed.Rounded(values.Zip(deltas, (value, difference) => value + difference)), test.Read(x));
        Assert.Equal(deltas, test.Read(delta));
        Residual.Add(test.Device, delta, delta);
        Assert.Equal(deltas.Select(value => 2 * value), test.Read(delta));
    }

    [Fact]
    public void Add_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed);
        Tensor x = test.Floats(bed.Normal(1, 300 * 300), 300, 300);
        Allocations.AssertNone(() => Residual.Add(test.Device, x, x));
    }

    [Fact]
    public void Add_WrongExtents_NamesBoth()
    {
        using OpTest test = new(bed);
        string message = Assert.Throws<ArgumentException>("delta", () => Residual.Add(test.Device, test.Poisoned(2, 4), test.Poisoned(4, 2))).Message;
        Assert.Contains("[2, 4]", message, StringComparison.Ordinal);
        Assert.Contains("[4, 2]", message, StringComparison.Ordinal);
    }
}

public sealed class ResidualCpuTests() : ResidualTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class ResidualCudaTests() : ResidualTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class ResidualBf16Tests() : ResidualTests(Bed.CudaBf16);
