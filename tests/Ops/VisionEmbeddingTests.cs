using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class VisionEmbeddingTests(Bed bed)
{
    [Fact]
    public void Forward_HandValue_IsExact()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(6, 1);
        VisionEmbedding.Forward(test.Device, x, test.Floats([1, 2, 3, 4], 4, 1), test.Floats([5], 1), test.Floats([10, 20, 30], 3, 1));
        Assert.Equal([15, 21, 32, 15, 23, 34], test.Read(x));
    }

    [Fact]
    public void Backward_HandValue_IsExact()
    {
        using OpTest test = new(bed);
        Tensor dpatches = test.Poisoned(4, 1);
        Tensor dcls = test.PoisonedSingles(1);
        Tensor dpositions = test.PoisonedSingles(3, 1);
        Tensor dx = test.Floats([1, 2, 3, 10, 20, 30], 6, 1);
        VisionEmbedding.Backward(test.Device, dpatches, dcls, dpositions, dx, accumulate: false);
        Assert.Equal([2, 3, 20, 30], test.Read(dpatches));
        Assert.Equal([11], test.Read(dcls));
        Assert.Equal([11, 22, 33], test.Read(dpositions));
        VisionEmbedding.Backward(test.Device, dpatches, dcls, dpositions, dx, accumulate: true);
        Assert.Equal([2, 3, 20, 30], test.Read(dpatches));
        Assert.Equal([22], test.Read(dcls));
        Assert.Equal([22, 44, 66], test.Read(dpositions));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 4, 17)]
    [InlineData(2, 576, 100)]
    [InlineData(7, 9, 1024)]
    public void ForwardBackward_AnySize_AgreeWithDouble(int pictures, int patches, int width)
    {
        int tokens = patches + 1;
        float[] patchValues = bed.Normal(1, (long)pictures * patches * width);
        float[] cls = bed.Normal(2, width);
        float[] positions = bed.Normal(3, (long)tokens * width);
        float[] dx = bed.Normal(4, (long)pictures * tokens * width);
        double[] y = new double[dx.Length];
        double[] dpatches = new double[patchValues.Length];
        double[] dpositions = new double[positions.Length];
        for (int i = 0; i < y.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, width);
            (int picture, int token) = Math.DivRem(row, tokens);
            int patch = (((picture * patches) + token - 1) * width) + column;
            y[i] = (double)positions[(token * width) + column] + (token == 0 ? cls[column] : patchValues[patch]);
            dpositions[(token * width) + column] += dx[i];
            if (token > 0)
            {
                dpatches[patch] = dx[i];
            }
        }

        using OpTest test = new(bed);
        Tensor x = test.Poisoned(pictures * tokens, width);
        VisionEmbedding.Forward(test.Device, x, test.Floats(patchValues, pictures * patches, width), test.Floats(cls, width), test.Floats(positions, tokens, width));
        test.AssertClose(y, test.Read(x), Tolerance.Elementwise, "x");

        Tensor actualPatches = test.Poisoned(pictures * patches, width);
        Tensor actualCls = test.PoisonedSingles(width);
        Tensor actualPositions = test.PoisonedSingles(tokens, width);
        VisionEmbedding.Backward(test.Device, actualPatches, actualCls, actualPositions, test.Floats(dx, pictures * tokens, width), accumulate: false);
        test.AssertClose(dpatches, test.Read(actualPatches), Tolerance.Exact, "dpatches");
        test.AssertClose(dpositions.AsSpan(0, width), test.Read(actualCls), Tolerance.WeightGradient.OnCpu(1e-6), "dcls");
        test.AssertClose(dpositions, test.Read(actualPositions), Tolerance.WeightGradient.OnCpu(1e-6), "dpositions");
    }

    [Fact]
    public void ForwardBackward_Warm_AllocateNothing()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(200, 100);
        Tensor patches = test.Poisoned(198, 100);
        Tensor cls = test.Poisoned(100);
        Tensor positions = test.Poisoned(100, 100);
        Tensor dcls = test.PoisonedSingles(100);
        Tensor dpositions = test.PoisonedSingles(100, 100);
        Allocations.AssertNone(() =>
        {
            VisionEmbedding.Forward(test.Device, x, patches, cls, positions);
            VisionEmbedding.Backward(test.Device, patches, dcls, dpositions, x, accumulate: true);
        });
    }

    [Fact]
    public void ForwardBackward_WrongExtents_NameBoth()
    {
        using OpTest test = new(bed);
        Tensor x = test.Poisoned(6, 4);
        Tensor patches = test.Poisoned(4, 4);
        Tensor cls = test.Poisoned(4);
        Tensor positions = test.Poisoned(3, 4);
        string message = Assert.Throws<ArgumentException>("patches", () => VisionEmbedding.Forward(test.Device, x, x, cls, positions)).Message;
        Assert.Contains("[6, 4]", message, StringComparison.Ordinal);
        Assert.Contains("[4, 4]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("x", () => VisionEmbedding.Forward(test.Device, test.Poisoned(7, 4), patches, cls, positions));
        Assert.Throws<ArgumentException>("cls", () => VisionEmbedding.Forward(test.Device, x, patches, positions, positions));
        Assert.Throws<ArgumentException>("dcls", () => VisionEmbedding.Backward(test.Device, patches, test.PoisonedSingles(3), test.PoisonedSingles(3, 4), x, accumulate: false));
    }
}

public sealed class VisionEmbeddingCpuTests() : VisionEmbeddingTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class VisionEmbeddingCudaTests() : VisionEmbeddingTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class VisionEmbeddingBf16Tests() : VisionEmbeddingTests(Bed.CudaBf16);
