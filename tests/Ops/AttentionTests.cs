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
    };

    [Fact]
    public void Forward_EqualKeys_AveragesTheValues()
    {
        using OpTest test = new(bed);
        Run run = new(test, [1, 0, 2, 3, 0, 4, 5, 0, 9], [0, 3], new AttentionShape(1, 1, 1, true));
        run.Forward();
        test.AssertClose([2, 3, 5], test.Read(run.O), Tolerance.Attention.OnCpu(1e-7), "o");
        test.AssertClose([0, Math.Log(2), Math.Log(3)], test.Read(run.Lse), Tolerance.Singles(1e-7, 1e-5), "lse");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward_AnyShape_EqualsNaive(int[] lengths, int heads, int kvHeads, int headSize, bool causal)
    {
        (AttentionShape shape, int[] starts, float[] qkv) = Case(lengths, heads, kvHeads, headSize, causal, 1.5);
        AttentionTwin twin = new([.. qkv], starts, shape);
        using OpTest test = new(bed);
        Run run = new(test, qkv, starts, shape);
        run.Forward();
        test.AssertClose(twin.O, test.Read(run.O), Tolerance.Attention, "o");
        test.AssertClose(twin.Lse, test.Read(run.Lse), Tolerance.Singles(1e-6, 1e-5), "lse");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Backward_AnyShape_EqualsNaive(int[] lengths, int heads, int kvHeads, int headSize, bool causal)
    {
        (AttentionShape shape, int[] starts, float[] qkv) = Case(lengths, heads, kvHeads, headSize, causal, 1);
        AttentionTwin twin = new([.. qkv], starts, shape);
        float[] dO = bed.Normal(2, twin.O.Length);
        using OpTest test = new(bed);
        Run run = new(test, qkv, starts, shape);
        run.Forward();
        AssertParts(test, twin.Backward(dO), test.Read(run.Backward(dO, default)), shape);
    }

    [Fact]
    public void Backward_WithAngles_TurnsQueriesAndKeysBack()
    {
        (AttentionShape shape, int[] starts, float[] qkv) = Case([150, 40], 4, 2, 20, true, 1);
        AttentionTwin twin = new([.. qkv], starts, shape);
        float[] dO = bed.Normal(3, twin.O.Length);
        double[] expected = twin.Backward(dO);
        int[] positions = [.. Enumerable.Range(0, 150), .. Enumerable.Range(30, 40)];
        TurnBack(expected, positions, shape);
        using OpTest test = new(bed);
        Run run = new(test, qkv, starts, shape);
        run.Forward();
        AssertParts(test, expected, test.Read(run.Backward(dO, RopeTests.Table(test, shape.HeadSize, positions))), shape);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Backward_FiniteDifferences_AreTheGradient(bool causal)
    {
        // Steps of 1e-4 in the twin, in double precision: the third derivative leaves less than 1e-7.
        const double Step = 1e-4;
        (AttentionShape shape, int[] starts, float[] qkv) = Case([5, 3], 2, 1, 4, causal, 1);
        float[] dO = bed.Normal(4, starts[^1] * shape.OutputSize);
        double[] expected = new double[qkv.Length];
        for (int i = 0; i < qkv.Length; i++)
        {
            expected[i] = (Loss(i, Step) - Loss(i, -Step)) / (2 * Step);
        }

        using OpTest test = new(bed);
        Run run = new(test, qkv, starts, shape);
        run.Forward();
        AssertParts(test, expected, test.Read(run.Backward(dO, default)), shape);

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
        (AttentionShape shape, int[] starts, float[] qkv) = Case([130], 1, 1, 32, true, 30);
        using OpTest test = new(bed);
        Run run = new(test, qkv, starts, shape);
        run.Forward();
        test.AssertClose(new AttentionTwin([.. qkv], starts, shape).Lse, test.Read(run.Lse), Tolerance.Singles(1e-6, 1e-5), "lse");
        Assert.All(test.Read(run.O), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void ForwardBackward_AnyThreads_SameBits()
    {
        (AttentionShape shape, int[] starts, float[] qkv) = Case([250, 31, 129], 4, 2, 16, true, 1);
        float[] dO = bed.Normal(5, starts[^1] * shape.OutputSize);
        OpTest.AssertSameBits(bed, test =>
        {
            Run run = new(test, qkv, starts, shape);
            run.Forward();
            return [.. test.Read(run.O), .. test.Read(run.Lse), .. test.Read(run.Backward(dO, default))];
        });
    }

    [Fact]
    public void ForwardBackward_Packed_GivesTheBitsOfEachSequenceAlone()
    {
        (AttentionShape shape, int[] starts, float[] qkv) = Case([100, 140], 2, 1, 32, true, 1);
        float[] dO = bed.Normal(6, starts[^1] * shape.OutputSize);
        using OpTest test = new(bed);
        Run both = new(test, qkv, starts, shape);
        both.Forward();
        Run second = new(test, qkv[(100 * shape.QkvSize)..], [0, 140], shape);
        second.Forward();
        Assert.Equal(test.Read(both.O)[(100 * shape.OutputSize)..], test.Read(second.O));
        Assert.Equal(
            test.Read(both.Backward(dO, default))[(100 * shape.QkvSize)..], test.Read(second.Backward(dO[(100 * shape.OutputSize)..], default)));
    }

    [Fact]
    public void ForwardBackward_Warm_AllocatesNothing()
    {
        (AttentionShape shape, int[] starts, float[] qkv) = Case([150], 2, 1, 16, true, 1);
        using OpTest test = new(bed, 1);
        Run run = new(test, qkv, starts, shape);
        Tensor dO = test.Floats(bed.Normal(7, 150 * shape.OutputSize), 150, shape.OutputSize);
        Tensor gradient = test.Poisoned(150, shape.QkvSize);
        OpTest.AssertAllocatesNothing(() =>
        {
            run.Forward();
            Attention.Backward(test.Device, gradient, dO, run.O, run.Lse, run.Qkv, run.Starts, 150, shape, default);
        });
    }

    private (AttentionShape Shape, int[] Starts, float[] Qkv) Case(int[] lengths, int heads, int kvHeads, int headSize, bool causal, double size)
    {
        AttentionShape shape = new(heads, kvHeads, headSize, causal);
        int[] starts = new int[lengths.Length + 1];
        for (int i = 0; i < lengths.Length; i++)
        {
            starts[i + 1] = starts[i] + lengths[i];
        }

        return (shape, starts, bed.Normal(1, (long)starts[^1] * shape.QkvSize, size));
    }

    // Parts differ in size, and small ones must not hide behind large ones. With a single key dS is zero but for rounding: its error counts against the whole.
    private static void AssertParts(OpTest test, double[] expected, float[] actual, AttentionShape shape)
    {
        test.AssertClose(expected, actual, Tolerance.AttentionGradient, "dqkv");
        if (expected.Length == shape.QkvSize)
        {
            return;
        }

        int q = shape.OutputSize;
        int k = q + (shape.KvHeads * shape.HeadSize);
        AssertColumns(0, q, "dq");
        AssertColumns(q, k, "dk");
        AssertColumns(k, shape.QkvSize, "dv");

        void AssertColumns(int from, int to, string what)
        {
            bool Inside(int i) => i % shape.QkvSize >= from && i % shape.QkvSize < to;
            test.AssertClose([.. expected.Where((_, i) => Inside(i))], [.. actual.Where((_, i) => Inside(i))], Tolerance.AttentionGradient, what);
        }
    }

    private static void TurnBack(double[] gradient, int[] positions, AttentionShape shape)
    {
        int half = shape.HeadSize / 2;
        for (int at = 0; at < gradient.Length; at++)
        {
            int column = at % shape.QkvSize;
            int i = column % shape.HeadSize;
            if (i < half && column < (shape.Heads + shape.KvHeads) * shape.HeadSize)
            {
                (double sin, double cos) = Math.SinCos(positions[at / shape.QkvSize] * Math.Pow(10000, -2.0 * i / shape.HeadSize));
                (gradient[at], gradient[at + half]) = ((gradient[at] * cos) + (gradient[at + half] * sin), (gradient[at + half] * cos) - (gradient[at] * sin));
            }
        }
    }

    private sealed class Run(OpTest test, float[] qkv, int[] starts, AttentionShape shape)
    {
        private readonly int _longest = starts.Zip(starts.Skip(1), (a, b) => b - a).Max();

        public Tensor Qkv { get; } = test.Floats(qkv, starts[^1], shape.QkvSize);

        public Tensor Starts { get; } = test.Ints(starts);

        public Tensor O { get; } = test.Poisoned(starts[^1], shape.OutputSize);

        public Tensor Lse { get; } = test.PoisonedSingles(shape.Heads, starts[^1]);

        public void Forward() => Attention.Forward(test.Device, O, Lse, Qkv, Starts, _longest, shape);

        public Tensor Backward(float[] dO, Rotary rotary)
        {
            Tensor gradient = test.Poisoned(starts[^1], shape.QkvSize);
            Attention.Backward(test.Device, gradient, test.Floats(dO, starts[^1], shape.OutputSize), O, Lse, Qkv, Starts, _longest, shape, rotary);
            return gradient;
        }
    }
}

public sealed class AttentionCpuTests() : AttentionTests(Bed.Cpu);
