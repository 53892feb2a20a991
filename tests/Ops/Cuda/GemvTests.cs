using LlavaCuda.Ops;
using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops.Cuda;

/// <summary>What the kernels for few rows promise beside their results, which <see cref="LinearTests"/> compares.</summary>
public abstract class GemvTests(Bed bed)
{
    [Fact]
    public void Forward_EachRowAlone_GivesTheSameBits()
    {
        const int Rows = 8;
        using OpTest test = new(bed);
        Tensor x = test.Floats(bed.Normal(1, Rows * 328), Rows, 328);
        Tensor w = test.Floats(bed.Normal(2, 45 * 328), 45, 328);
        Tensor bias = test.Floats(bed.Normal(3, 45), 45);
        Tensor together = test.Poisoned(Rows, 45);
        Tensor alone = test.Poisoned(Rows, 45);
        Linear.Forward(test.Device, together, x, w, bias);
        for (int row = 0; row < Rows; row++)
        {
            Linear.Forward(test.Device, alone.Slice(row, 1), x.Slice(row, 1), w, bias);
        }

        Assert.Equal(test.Read(together), test.Read(alone));
    }

    [Fact]
    public void Forward_AnyThreads_GiveTheSameBits() => OpTest.AssertSameBits(bed, test =>
    {
        Tensor y = test.Poisoned(5, 50);
        Linear.Forward(test.Device, y, test.Floats(bed.Normal(1, 5 * 1104), 5, 1104), test.Floats(bed.Normal(2, 50 * 1104), 50, 1104));
        return test.Read(y);
    });

    // What is outside of x and w must not enter, not even multiplied by zero.
    [Fact]
    public void Forward_NotANumberAround_IsNotRead()
    {
        using OpTest test = new(bed);
        Tensor y = test.Poisoned(3, 20);
        Tensor x = test.Poisoned(5, 40);
        Tensor w = test.Poisoned(22, 40);
        test.Write(x.Slice(1, 3), bed.Rounded(Enumerable.Repeat(1f, 3 * 40)));
        test.Write(w.Slice(1, 20), bed.Rounded(Enumerable.Repeat(1f, 20 * 40)));
        Linear.Forward(test.Device, y, x.Slice(1, 3), w.Slice(1, 20));
        Assert.All(test.Read(y), static value => Assert.Equal(40, value));
    }

    [Fact]
    public void Fit_OnlyFewRowsInWholeVectors()
    {
        Assert.True(Fits(8, 16));
        Assert.False(Fits(9, 16));
        Assert.False(Fits(1, 17));
        Assert.False(Fits(1, 16, misalignedX: 8));
        Assert.False(Fits(1, 16, misalignedW: 8));

        bool Fits(int rows, int inputs, int misalignedX = 0, int misalignedW = 0) => GemvKernels.Fit(
            new Tensor(256, bed.Type, new Shape(rows, 4)),
            new Tensor(512 + misalignedX, bed.Type, new Shape(rows, inputs)),
            new Tensor(1024 + misalignedW, bed.Type, new Shape(4, inputs)));
    }
}

[Trait("Category", "Emulator")]
public sealed class GemvCudaTests() : GemvTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class GemvBf16Tests() : GemvTests(Bed.CudaBf16);
