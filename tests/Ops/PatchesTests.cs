using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class PatchesTests(Bed bed)
{
    [Fact]
    public void Forward_HandValue_IsChannelRowColumn()
    {
        // Element (channel, row, column) of the picture is 100 channel + 10 row + column.
        float[] pixels = [.. Enumerable.Range(0, 48).Select(i => (100f * (i / 16)) + (10 * (i / 4 % 4)) + (i % 4))];
        using OpTest test = new(bed);
        Tensor columns = test.Poisoned(4, 13);
        Patches.Forward(test.Device, columns, test.Singles(pixels, 1, 3, 4, 4), 2);
        float[] actual = test.Read(columns);
        Assert.Equal([0, 1, 10, 11, 100, 101, 110, 111, 200, 201, 210, 211, 0], actual[..13]);
        Assert.Equal([2, 3, 12, 13, 102, 103, 112, 113, 202, 203, 212, 213, 0], actual[13..26]);
        Assert.Equal([20, 21, 30, 31, 120, 121, 130, 131, 220, 221, 230, 231, 0], actual[26..39]);
    }

    [Theory]
    [InlineData(1, 1, 1, 3)]
    [InlineData(2, 5, 3, 27)]
    [InlineData(3, 7, 4, 64)]
    [InlineData(1, 24, 14, 592)]
    [InlineData(2, 2, 16, 768)]
    public void Forward_AnySize_CutsEveryPatch(int pictures, int grid, int patch, int width)
    {
        int edge = grid * patch;
        float[] pixels = OpTest.Normal(1, 3L * pictures * edge * edge);
        float[] expected = new float[pictures * grid * grid * width];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int line, int x) = Math.DivRem(i, edge);
            (int plane, int y) = Math.DivRem(line, edge);
            (int picture, int channel) = Math.DivRem(plane, 3);
            int row = (((picture * grid) + (y / patch)) * grid) + (x / patch);
            expected[(row * width) + (((channel * patch) + (y % patch)) * patch) + (x % patch)] = pixels[i];
        }

        using OpTest test = new(bed);
        Tensor columns = test.Poisoned(pictures * grid * grid, width);
        Patches.Forward(test.Device, columns, test.Singles(pixels, pictures, 3, edge, edge), patch);
        Assert.Equal(bed.Rounded(expected), test.Read(columns));
    }

    [Fact]
    public void Forward_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed);
        Tensor columns = test.Poisoned(64, 48);
        Tensor pixels = test.PoisonedSingles(1, 3, 32, 32);
        Allocations.AssertNone(() => Patches.Forward(test.Device, columns, pixels, 4));
    }

    [Fact]
    public void Forward_WrongExtents_Throws()
    {
        using OpTest test = new(bed);
        Tensor pixels = test.PoisonedSingles(1, 3, 8, 8);
        string message = Assert.Throws<ArgumentException>("columns", () => Patches.Forward(test.Device, test.Poisoned(5, 48), pixels, 4)).Message;
        Assert.Contains("[5, 48]", message, StringComparison.Ordinal);
        Assert.Contains("[4, 48]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("pixels", () => Patches.Forward(test.Device, test.Poisoned(4, 48), test.PoisonedSingles(1, 4, 8, 8), 4));
        Assert.Throws<ArgumentOutOfRangeException>("columns", () => Patches.Forward(test.Device, test.Poisoned(4, 47), pixels, 4));
        Assert.Throws<ArgumentOutOfRangeException>("patchSize", () => Patches.Forward(test.Device, test.Poisoned(4, 48), pixels, 3));
    }
}

public sealed class PatchesCpuTests() : PatchesTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class PatchesCudaTests() : PatchesTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class PatchesBf16Tests() : PatchesTests(Bed.CudaBf16);
