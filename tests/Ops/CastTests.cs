using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class CastTests(Bed bed)
{
    [Fact]
    public void Forward_Ties_RoundToEven()
    {
        // Between 1 and the next bf16, 1 + 2^-7, lies a tie; so between that and 1 + 2^-6. The largest float rounds to infinity.
        using OpTest test = new(bed);
        Tensor narrow = test.PoisonedAs(DType.BF16, 6);
        Tensor wide = test.PoisonedSingles(6);
        Cast.Forward(test.Device, narrow, test.Singles([1 + (1f / 256), 1 + (3f / 256), 1 + (1.01f / 256), -0f, float.MaxValue, float.NaN], 6));
        Cast.Forward(test.Device, wide, narrow);
        Assert.Equal([1, 1 + (1f / 64), 1 + (1f / 128), -0f, float.PositiveInfinity, float.NaN], test.Read(wide));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(4100)]
    [InlineData(32_771)]
    public void Forward_AnySize_RoundsEveryElement(int count)
    {
        float[] values = OpTest.Normal(1, count);
        using OpTest test = new(bed);
        Tensor narrow = test.PoisonedAs(DType.BF16, count);
        Tensor wide = test.PoisonedSingles(count);
        Cast.Forward(test.Device, narrow, test.Singles(values, count));
        Cast.Forward(test.Device, wide, narrow);
        float[] actual = test.Read(wide);
        Assert.Equal(values.Select(static v => Bf16.Round(v)), actual);
        Assert.Equal(actual, test.Read(narrow));
    }

    [Fact]
    public void Forward_SameType_Copies()
    {
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(2, 2);
        Cast.Forward(test.Device, y, test.Floats([1, 2, 3, 4], 2, 2));
        Assert.Equal([1, 2, 3, 4], test.Read(y));
    }

    [Fact]
    public void Forward_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed);
        Tensor x = test.Singles(OpTest.Normal(1, 100_001), 100_001);
        Tensor y = test.PoisonedAs(DType.BF16, 100_001);
        Allocations.AssertNone(() => Cast.Forward(test.Device, y, x));
    }

    [Fact]
    public void Forward_OtherExtentsOrTypes_NamesThem()
    {
        using OpTest test = new(bed);
        Tensor x = test.PoisonedSingles(2, 4);
        string message = Assert.Throws<ArgumentException>(() => Cast.Forward(test.Device, test.PoisonedAs(DType.BF16, 8), x)).Message;
        Assert.Contains("BF16 [8]", message, StringComparison.Ordinal);
        Assert.Contains("F32 [2, 4]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("y", () => Cast.Forward(test.Device, test.Ints(1, 2), x));
        Assert.Throws<ArgumentException>("x", () => Cast.Forward(test.Device, x, default));
    }
}

public sealed class CastCpuTests() : CastTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class CastCudaTests() : CastTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class CastBf16Tests() : CastTests(Bed.CudaBf16);
