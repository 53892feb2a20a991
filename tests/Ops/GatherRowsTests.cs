using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class GatherRowsTests(Bed bed)
{
    public static TheoryData<int, int> Sizes => OpSizes.RowsAndWidths();

    [Theory]
    [MemberData(nameof(Sizes))]
    public void ForwardBackward_AnySize_CopyRows(int rows, int width)
    {
        int[] order = [.. Enumerable.Range(0, rows)];
        new Random(rows).Shuffle(order);
        int[] chosen = order[..((rows + 1) / 2)];
        float[] all = bed.Normal(1, (long)rows * width);
        float[] some = [.. chosen.SelectMany(row => all[(row * width)..((row + 1) * width)])];
        float[] scattered = new float[rows * width];
        foreach (int row in chosen)
        {
            all.AsSpan(row * width, width).CopyTo(scattered.AsSpan(row * width));
        }

        using OpTest test = new(bed);
        Tensor index = test.Ints(chosen);
        Tensor y = test.Poisoned(chosen.Length, width);
        GatherRows.Forward(test.Device, y, test.Floats(all, rows, width), index);
        Assert.Equal(some, test.Read(y));

        Tensor dx = test.Poisoned(rows, width);
        GatherRows.Backward(test.Device, dx, y, index);
        Assert.Equal(scattered, test.Read(dx));
    }

    [Fact]
    public void Forward_RowTwice_CopiesItTwice()
    {
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(3, 2);
        GatherRows.Forward(test.Device, y, test.Floats([1, 2, 3, 4], 2, 2), test.Ints(1, 0, 1));
        Assert.Equal([3, 4, 1, 2, 3, 4], test.Read(y));
    }

    [Fact]
    public void ForwardBackward_NoRows_DoNothingAndZero()
    {
        using OpTest test = new(bed);
        Tensor none = test.Poisoned(0, 2);
        Tensor dx = test.Poisoned(3, 2);
        GatherRows.Forward(test.Device, none, dx, test.Ints());
        GatherRows.Backward(test.Device, dx, none, test.Ints());
        Assert.Equal(new float[6], test.Read(dx));
    }

    [Fact]
    public void ForwardBackward_Warm_AllocateNothing()
    {
        using OpTest test = new(bed);
        Tensor x = test.Floats(bed.Normal(1, 300 * 300), 300, 300);
        Tensor y = test.Poisoned(200, 300);
        Tensor index = test.Ints([.. Enumerable.Range(50, 200)]);
        Allocations.AssertNone(() =>
        {
            GatherRows.Forward(test.Device, y, x, index);
            GatherRows.Backward(test.Device, x, y, index);
        });
    }

    [Fact]
    public void ForwardBackward_WrongExtents_NameBoth()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(3, 4);
        Tensor index = test.Ints(0, 1);
        string message = Assert.Throws<ArgumentException>("y", () => GatherRows.Forward(test.Device, x, x, index)).Message;
        Assert.Contains("[3, 4]", message, StringComparison.Ordinal);
        Assert.Contains("[2, 4]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("index", () => GatherRows.Forward(test.Device, x, x, test.Poisoned(3)));
        Assert.Throws<ArgumentException>("dy", () => GatherRows.Backward(test.Device, x, x, index));
    }
}

public sealed class GatherRowsCpuTests() : GatherRowsTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class GatherRowsCudaTests() : GatherRowsTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class GatherRowsBf16Tests() : GatherRowsTests(Bed.CudaBf16);
