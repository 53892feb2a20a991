using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class FillTests(Bed bed)
{
    [Theory]
    [InlineData(0, 0f)]
    [InlineData(1, 1.5f)]
    [InlineData(16_384, 0f)]
    [InlineData(100_001, -2f)]
    public void Forward_AnySize_SetsEveryElement(int count, float value)
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(count);
        Fill.Forward(test.Device, x, value);
        Assert.Equal(Enumerable.Repeat(value, count), test.Read(x));
    }

    [Fact]
    public void Forward_Matrix_SetsEveryElement()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(3, 5);
        Fill.Forward(test.Device, x, 7);
        Assert.Equal(Enumerable.Repeat(7f, 15), test.Read(x));
    }

    [Fact]
    public void Forward_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(100_001);
        Allocations.AssertNone(() => Fill.Forward(test.Device, x, 1));
    }

    [Fact]
    public void Forward_Integers_Throws()
    {
        using OpTest test = new(bed);
        string message = Assert.Throws<ArgumentException>(() => Fill.Forward(test.Device, test.Ints(1, 2), 0)).Message;
        Assert.Contains("I32 [2]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Fill.Forward(test.Device, default, 0));
    }
}

public sealed class FillCpuTests() : FillTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class FillCudaTests() : FillTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class FillBf16Tests() : FillTests(Bed.CudaBf16);
