using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class AttentionTests(Bed bed)
{
    public static TheoryData<int[], int, int, int, bool> Shapes => new()
    {
        { [1], 1, 1, 16, true },
        { [2], 1, 1, 2, true },
        { [7, 0, 1], 3, 3, 6, true },
        { [63], 2, 1, 32, true },
        { [64, 65], 4, 2, 64, true },
        { [129], 4, 4, 80, true },
        { [200], 2, 1, 128, true },
        { [0, 200, 2, 97], 6, 2, 16, true },
        { [1], 1, 1, 64, false },
        { [7, 64, 0, 65], 2, 2, 64, false },
        { [129, 5], 4, 1, 20, false },
        { [200], 2, 2, 128, false },
        { [300], 1, 1, 8, false },
        { [127, 1], 4, 1, 64, true },
        { [65, 7, 129], 4, 2, 80, false },
        { [200, 0, 63], 4, 2, 32, true },
        { [577], 1, 1, 64, false },
        { [70], 2, 1, 160, true },
        { [70], 1, 1, 7, false },
    };

    [Fact]
    public void Forward_EqualKeys_AveragesTheValues()
    {
        using OpTest test = new(bed);
        AttentionRun run = new(test, [1, 0, 2, 3, 0, 4, 5, 0, 9], [0, 3], new AttentionShape(1, 1, 1, true));
        run.Forward();
        test.AssertClose([2, 3, 5], test.Read(run.O), Tolerance.Attention.OnCpu(1e-7), "o");
        test.AssertClose([0, Math.Log(2), Math.Log(3)], test.Read(run.Lse), Tolerance.Singles(1e-7, 1e-5), "lse");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_AnyShape_EqualsNaive(int[] lengths, int heads, int kvHeads, int headSize, bool causal)
    {
        (AttentionShape shape, int[] starts, float[] qkv) = AttentionRun.Case(bed, lengths, heads, kvHeads, headSize, causal, 1.5);
        AttentionTwin twin = new([.. qkv], starts, shape);
        using OpTest test = new(bed);
        AttentionRun run = new(test, qkv, starts, shape);
        run.Forward();
        test.AssertClose(twin.O, test.Read(run.O), Tolerance.Attention, "o");
        test.AssertClose(twin.Lse, test.Read(run.Lse), Tolerance.Singles(1e-6, 1e-5), "lse");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Backward_AnyShape_EqualsNaive(int[] lengths, int heads, int kvHeads, int headSize, bool causal)
    {
        (AttentionShape shape, int[] starts, float[] qkv) = AttentionRun.Case(bed, lengths, heads, kvHeads, headSize, causal, 1);
        AttentionTwin twin = new([.. qkv], starts, shape);
        float[] dO = bed.Normal(2, twin.O.Length);
        using OpTest test = new(bed);
        AttentionRun run = new(test, qkv, starts, shape);
        run.Forward();
        AttentionRun.AssertGradient(test, twin.Backward(dO), test.Read(run.Backward(dO, default)), shape);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(80)]
    [InlineData(128)]
    [InlineData(160)]
    public void Backward_WithAngles_TurnsQueriesAndKeysBack(int headSize)
    {
        (AttentionShape shape, int[] starts, float[] qkv) = AttentionRun.Case(bed, [150, 40], 4, 2, headSize, true, 1);
        AttentionTwin twin = new([.. qkv], starts, shape);
        float[] dO = bed.Normal(3, twin.O.Length);
        double[] expected = twin.Backward(dO);
        int[] positions = [.. Enumerable.Range(0, 150), .. Enumerable.Range(30, 40)];
        AttentionRun.TurnBack(expected, positions, shape);
        using OpTest test = new(bed);
        AttentionRun run = new(test, qkv, starts, shape);
        run.Forward();
        AttentionRun.AssertGradient(test, expected, test.Read(run.Backward(dO, RopeTests.Table(test, shape.HeadSize, positions))), shape);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Backward_FiniteDifferences_AreTheGradient(bool causal)
    {
        // Steps of 1e-4 in the twin, in double precision: the third derivative leaves less than 1e-7.
        const double Step = 1e-4;
        (AttentionShape shape, int[] starts, float[] qkv) = AttentionRun.Case(bed, [5, 3], 2, 1, 4, causal, 1);
        float[] dO = bed.Normal(4, starts[^1] * shape.OutputSize);
        double[] expected = new double[qkv.Length];
        for (int i = 0; i < qkv.Length; i++)
        {
            expected[i] = (Loss(i, Step) - Loss(i, -Step)) / (2 * Step);
        }

        using OpTest test = new(bed);
        AttentionRun run = new(test, qkv, starts, shape);
        run.Forward();
        AttentionRun.AssertGradient(test, expected, test.Read(run.Backward(dO, default)), shape);

        double Loss(int element, double step)
        {
            double[] moved = [.. qkv];
            moved[element] += step;
            return new AttentionTwin(moved, starts, shape).O.Zip(dO, (o, d) => o * d).Sum();
        }
    }

    [Fact]
    public void Forward_LargeScores_StayFinite()
    {
        (AttentionShape shape, int[] starts, float[] qkv) = AttentionRun.Case(bed, [130], 1, 1, 32, true, 30);
        using OpTest test = new(bed);
        AttentionRun run = new(test, qkv, starts, shape);
        run.Forward();
        test.AssertClose(new AttentionTwin([.. qkv], starts, shape).Lse, test.Read(run.Lse), Tolerance.Singles(1e-6, 1e-5), "lse");
        Assert.All(test.Read(run.O), v => Assert.True(float.IsFinite(v)));
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(32, false)]
    [InlineData(64, true)]
    [InlineData(80, false)]
    [InlineData(128, true)]
    public void ForwardBackward_AnyThreads_SameBits(int headSize, bool causal)
    {
        (AttentionShape shape, int[] starts, float[] qkv) = AttentionRun.Case(bed, [150, 31, 129], 4, 2, headSize, causal, 1);
        float[] dO = bed.Normal(5, starts[^1] * shape.OutputSize);
        OpTest.AssertSameBits(bed, test =>
        {
            AttentionRun run = new(test, qkv, starts, shape);
            run.Forward();
            return [.. test.Read(run.O), .. test.Read(run.Lse), .. test.Read(run.Backward(dO, default))];
        });
    }

    [Fact]
    public void ForwardBackward_Packed_GivesTheBitsOfEachSequenceAlone()
    {
        (AttentionShape shape, int[] starts, float[] qkv) = AttentionRun.Case(bed, [100, 140], 2, 1, 32, true, 1);
        float[] dO = bed.Normal(6, starts[^1] * shape.OutputSize);
        using OpTest test = new(bed);
        AttentionRun both = new(test, qkv, starts, shape);
        both.Forward();
        AttentionRun second = new(test, qkv[(100 * shape.QkvSize)..], [0, 140], shape);
        second.Forward();
        Assert.Equal(test.Read(both.O)[(100 * shape.OutputSize)..], test.Read(second.O));
        Assert.Equal(
            test.Read(both.Backward(dO, default))[(100 * shape.QkvSize)..], test.Read(second.Backward(dO[(100 * shape.OutputSize)..], default)));
    }

    [Fact]
    public void ForwardBackward_Warm_AllocatesNothing()
    {
        (AttentionShape shape, int[] starts, float[] qkv) = AttentionRun.Case(bed, [150], 2, 1, 16, true, 1);
        using OpTest test = new(bed, 1);
        AttentionRun run = new(test, qkv, starts, shape);
        Tensor dO = test.Floats(bed.Normal(7, 150 * shape.OutputSize), 150, shape.OutputSize);
        Tensor gradient = test.Poisoned(150, shape.QkvSize);
        Allocations.AssertNone(() =>
        {
            run.Forward();
            Attention.Backward(test.Device, gradient, dO, run.O, run.Lse, run.Qkv, run.Starts, 150, shape, default);
        });
    }
}

public sealed class AttentionCpuTests() : AttentionTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class AttentionCudaTests() : AttentionTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class AttentionBf16Tests() : AttentionTests(Bed.CudaBf16);
