using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class MoveTests(Bed bed)
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32_768)]
    [InlineData(100_001)]
    public void Forward_AnySize_CopiesEveryElement(int count)
    {
        float[] values = bed.Normal(1, count);
        using OpTest test = new(bed);
        Tensor target = test.Poisoned(count);
        Move.Forward(test.Device, target, test.Floats(values, 1, count));
        Assert.Equal(values, test.Read(target));
    }

    [Fact]
    public void Forward_Integers_CopiesThem()
    {
        using OpTest test = new(bed);
        Tensor target = test.Ints(0, 0);
        Move.Forward(test.Device, target, test.Ints(7, -8));
        int[] actual = new int[2];
        test.Device.CopyToHost<int>(actual, target);
        Assert.Equal([7, -8], actual);
    }

    [Fact]
    public void Forward_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(100_001);
        Tensor y = test.Poisoned(100_001);
        Allocations.AssertNone(() => Move.Forward(test.Device, y, x));
    }

    [Fact]
    public void Forward_OtherCountOrType_NamesBoth()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(2, 4);
        string message = Assert.Throws<ArgumentException>(() => Move.Forward(test.Device, test.Poisoned(7), x)).Message;
        Assert.Contains($"{bed.Type} [2, 4]", message, StringComparison.Ordinal);
        Assert.Contains($"{bed.Type} [7]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Move.Forward(test.Device, test.Ints(1, 2), test.Poisoned(2)));
        Assert.Throws<ArgumentException>(() => Move.Forward(test.Device, x, default));
    }
}

public sealed class MoveCpuTests() : MoveTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class MoveCudaTests() : MoveTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class MoveBf16Tests() : MoveTests(Bed.CudaBf16);
