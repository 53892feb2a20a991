using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class RopeTests(Bed bed)
{
    private const int Positions = 300;

    [Fact]
    public void Forward_QuarterTurn_SwapsTheHalves()
    {
        using OpTest test = new(bed);
        Tensor qkv = test.Floats([1, 2, 3, 4, 5, 6], 1, 6);
        Rotary rotary = new(test.Singles([1, 0], 2, 1), test.Singles([0, 1], 2, 1), test.Ints(1));
        Rope.Forward(test.Device, qkv, rotary, new AttentionShape(1, 1, 2, true));
        Assert.Equal([-2, 1, -4, 3, 5, 6], test.Read(qkv));
    }

    [Theory]
    [InlineData(1, 1, 1, 2)]
    [InlineData(7, 3, 1, 10)]
    [InlineData(65, 4, 2, 16)]
    [InlineData(200, 2, 2, 80)]
    [InlineData(33, 4, 4, 128)]
    public void Forward_AnySize_EqualsNaive(int rows, int heads, int kvHeads, int headSize)
    {
        AttentionShape shape = new(heads, kvHeads, headSize, true);
        float[] x = bed.Normal(1, (long)rows * shape.QkvSize);
        int[] positions = [.. Enumerable.Range(0, rows).Select(i => i * 7 % Positions)];
        using OpTest test = new(bed);
        Tensor qkv = test.Floats(x, rows, shape.QkvSize);
        Rope.Forward(test.Device, qkv, Table(test, headSize, positions), shape);
        test.AssertClose(Naive(x, positions, shape), test.Read(qkv), Tolerance.Elementwise.OnCpu(2e-7), "qkv");
    }

    [Fact]
    public void Forward_AnyThreads_SameBits()
    {
        AttentionShape shape = new(3, 1, 20, true);
        float[] x = bed.Normal(2, 100 * shape.QkvSize);
        OpTest.AssertSameBits(bed, test =>
        {
            Tensor qkv = test.Floats(x, 100, shape.QkvSize);
            Rope.Forward(test.Device, qkv, Table(test, shape.HeadSize, [.. Enumerable.Range(0, 100)]), shape);
            return test.Read(qkv);
        });
    }

    [Fact]
    public void Forward_Warm_AllocatesNothing()
    {
        AttentionShape shape = new(2, 2, 64, true);
        using OpTest test = new(bed);
        Tensor qkv = test.Floats(bed.Normal(3, 64 * shape.QkvSize), 64, shape.QkvSize);
        Rotary rotary = Table(test, shape.HeadSize, new int[64]);
        Allocations.AssertNone(() => Rope.Forward(test.Device, qkv, rotary, shape));
    }

    [Fact]
    public void Forward_NoRows_DoesNothing()
    {
        AttentionShape shape = new(2, 2, 4, true);
        using OpTest test = new(bed);
        Rope.Forward(test.Device, test.Floats([], 0, shape.QkvSize), Table(test, shape.HeadSize, []), shape);
    }

    [Fact]
    public void FillTable_SmallHead_HoldsTheAngles()
    {
        float[] cos = new float[6];
        float[] sin = new float[6];
        Rope.FillTable(cos, sin, 4, 100);
        Assert.Equal([1, 1, (float)Math.Cos(1), (float)Math.Cos(0.1), (float)Math.Cos(2), (float)Math.Cos(0.2)], cos);
        Assert.Equal([0, 0, (float)Math.Sin(1), (float)Math.Sin(0.1), (float)Math.Sin(2), (float)Math.Sin(0.2)], sin);
    }

    /// <summary>Angles with θ = 10000 for <see cref="Positions"/> positions.</summary>
    internal static Rotary Table(OpTest test, int headSize, int[] positions)
    {
        float[] cos = new float[Positions * headSize / 2];
        float[] sin = new float[cos.Length];
        Rope.FillTable(cos, sin, headSize, 10000);
        return new Rotary(test.Singles(cos, Positions, headSize / 2), test.Singles(sin, Positions, headSize / 2), test.Ints(positions));
    }

    private static double[] Naive(float[] x, int[] positions, AttentionShape shape)
    {
        double[] y = [.. x.Select(v => (double)v)];
        int half = shape.HeadSize / 2;
        for (int row = 0; row < positions.Length; row++)
        {
            for (int head = 0; head < shape.Heads + shape.KvHeads; head++)
            {
                for (int i = 0; i < half; i++)
                {
                    int at = (row * shape.QkvSize) + (head * shape.HeadSize) + i;
                    (double s, double c) = Math.SinCos(positions[row] * Math.Pow(10000, -2.0 * i / shape.HeadSize));
                    y[at] = (x[at] * c) - (x[at + half] * s);
                    y[at + half] = (x[at + half] * c) + (x[at] * s);
                }
            }
        }

        return y;
    }
}

public sealed class RopeCpuTests() : RopeTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class RopeCudaTests() : RopeTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class RopeBf16Tests() : RopeTests(Bed.CudaBf16);
