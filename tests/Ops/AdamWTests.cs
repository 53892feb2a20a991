using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class AdamWTests(Bed bed)
{
    private protected static readonly AdamWStep Defaults = new(0.9f, 0.999f, 1e-8f, 1);

    [Fact]
    public void Update_FirstStep_MovesByTheRateAndDecays()
    {
        using OpTest test = new(bed);
        State state = new(test, [1, -2, 3], [0.5f, -0.25f, 0]);
        state.Update(test.Singles([1, 1], 2), [new(0, 3, 0.1f, 0.5f)], Defaults);
        test.AssertClose([0.95 - 0.1, -1.9 + 0.1, 2.85], state.Masters(), 1e-7, "values");
        test.AssertClose([0.05, -0.025, 0], test.Read(state.First), 1e-7, "first");
        test.AssertClose([0.00025, 0.0000625, 0], test.Read(state.Second), 1e-7, "second");
    }

    [Theory]
    [InlineData(0.9f, 0.999f, 1e-8f)]
    [InlineData(0.9f, 0.95f, 1e-6f)]
    [InlineData(0f, 0.98f, 1e-8f)]
    public void Update_ManySteps_FollowsDoublePrecision(float beta1, float beta2, float epsilon)
    {
        const int Count = 70_001;
        const double Rate = 1e-3;
        const double Decay = 0.1;
        using OpTest test = new(bed);
        float[] start = bed.Normal(1, Count);
        State state = new(test, start, new float[Count]);
        double[] values = [.. start.Select(v => (double)v)];
        double[] first = new double[Count];
        double[] second = new double[Count];
        Tensor norm = test.Singles([2, 0.5f], 2);
        for (int step = 1; step <= 20; step++)
        {
            float[] gradients = OpTest.Normal(100 + step, Count, 1e-2);
            test.Write(state.Gradients, gradients);
            state.Update(norm, [new(0, Count, (float)Rate, (float)Decay)], new(beta1, beta2, epsilon, step));
            Naive(values, first, second, gradients, 0.5, Rate, Decay, Exact(beta1), Exact(beta2), Exact(epsilon), step);
            test.AssertClose(values, state.Masters(), 1e-7 * Math.Sqrt(step), $"values after step {step}");
            test.AssertClose(first, test.Read(state.First), 2e-7, $"first after step {step}");
            test.AssertClose(second, test.Read(state.Second), 2e-7, $"second after step {step}");
        }

        // What the steps have moved, not only where they ended: the values hide errors of the update behind their own size.
        // Twenty roundings of a value near 1 are 2e-5 of the movement.
        float[] actual = state.Masters();
        float[] moved = [.. actual.Select((v, i) => v - start[i])];
        test.AssertClose([.. values.Select((v, i) => v - start[i])], moved, 3e-5, "movement");
    }

    [Fact]
    public void Update_Segments_LeaveTheRestAlone()
    {
        using OpTest test = new(bed);
        State state = new(test, [1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1]);
        state.Update(test.Singles([1, 1], 2), [new(1, 2, 0.5f, 0), new(4, 1, 0.25f, 1), new(7, 0, 1, 1)], Defaults);
        test.AssertClose([1, 0.5, 0.5, 1, 0.5, 1, 1], state.Masters(), 1e-7, "values");
        test.AssertClose([0, 0.1, 0.1, 0, 0.1, 0, 0], test.Read(state.First), 1e-7, "first");
    }

    [Fact]
    public void Update_FactorIsNotANumber_ChangesNothing()
    {
        using OpTest test = new(bed);
        State state = new(test, [1, 2], [float.NaN, 1]);
        state.Update(test.Singles([float.NaN, float.NaN], 2), [new(0, 2, 1, 1)], Defaults);
        Assert.Equal([1, 2], state.Masters());
        Assert.Equal([0, 0], test.Read(state.First));
        Assert.Equal([0, 0], test.Read(state.Second));
    }

    [Fact]
    public void Update_AnyThreads_SameBits()
    {
        float[] values = bed.Normal(5, 100_003);
        float[] gradients = OpTest.Normal(6, 100_003);
        OpTest.AssertSameBits(bed, test =>
        {
            State state = new(test, values, gradients);
            state.Update(test.Singles([1, 1], 2), [new(3, 100_000, 1e-3f, 0.1f)], Defaults);
            return state.Masters();
        });
    }

    [Fact]
    public void Update_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed);
        State state = new(test, new float[50_000], new float[50_000]);
        Tensor norm = test.Singles([1, 1], 2);
        Allocations.AssertNone(() => state.Update(norm, [new(0, 40_000, 1e-3f, 0.1f), new(40_000, 10_000, 1e-3f, 0)], Defaults));
    }

    [Fact]
    public void Update_SegmentOutside_Throws()
    {
        using OpTest test = new(bed);
        State state = new(test, [1], [1]);
        Tensor norm = test.Singles([1, 1], 2);
        Assert.Throws<ArgumentException>(
            () => state.Update(norm, [new(1, 1, 1, 1)], Defaults));
    }

    private static double Exact(float x) => (double)(decimal)x;

    private static void Naive(
        double[] values, double[] first, double[] second, float[] gradients, double clip, double rate, double decay, double beta1, double beta2, double epsilon, int step)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double g = gradients[i] * clip;
            values[i] -= rate * decay * values[i];
            first[i] = (beta1 * first[i]) + ((1 - beta1) * g);
            second[i] = (beta2 * second[i]) + ((1 - beta2) * g * g);
            double m = first[i] / (1 - Math.Pow(beta1, step));
            double v = second[i] / (1 - Math.Pow(beta2, step));
            values[i] -= rate * m / (Math.Sqrt(v) + epsilon);
        }
    }

    /// <summary>The tensors of a step; in bf16 the weights are the masters when it begins.</summary>
    private protected sealed class State(OpTest test, float[] values, float[] gradients)
    {
        public Tensor Values { get; } = test.Floats(values, values.Length);

        public Tensor Remainders { get; } = test.Bed.Type == DType.BF16 ? test.Shorts(new short[values.Length]) : default;

        public Tensor First { get; } = test.Singles(new float[values.Length], values.Length);

        public Tensor Second { get; } = test.Singles(new float[values.Length], values.Length);

        public Tensor Gradients { get; } = test.Singles(gradients, values.Length);

        public void Update(Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step) =>
            AdamW.Update(test.Device, Values, Remainders, First, Second, Gradients, norm, segments, step);

        public float[] Masters()
        {
            float[] masters = test.Read(Values);
            if (Remainders.Exists)
            {
                short[] remainders = new short[masters.Length];
                test.Device.CopyToHost<short>(remainders, Remainders);
                for (int i = 0; i < masters.Length; i++)
                {
                    masters[i] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(masters[i]) + remainders[i]);
                }
            }

            return masters;
        }
    }
}

public sealed class AdamWCpuTests() : AdamWTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class AdamWCudaTests() : AdamWTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class AdamWBf16Tests() : AdamWTests(Bed.CudaBf16)
{
    [Fact]
    public void Update_Masters_AreThoseOfSinglePrecision()
    {
        float[] values = Bed.CudaBf16.Normal(7, 1_003);
        float[][] masters = [.. ((Bed[])[Bed.CudaSingle, Bed.CudaBf16]).Select(bed =>
        {
            using OpTest test = new(bed);
            State state = new(test, values, new float[values.Length]);
            Tensor norm = test.Singles([1, 1], 2);
            for (int step = 1; step <= 5; step++)
            {
                test.Write(state.Gradients, OpTest.Normal(step, values.Length));
                state.Update(norm, [new(0, values.Length, 1e-3f, 0.1f)], Defaults with { Step = step });
            }

            return state.Masters();
        })];
        Assert.Equal(masters[0], masters[1]);
    }

    [Fact]
    public void Update_AnyMaster_IsSplitToTheNearestWeightHalfUp()
    {
        // Ties and their neighbours, the sign, zeros and denormals, a carry into the exponent, the largest that fits: each as it was split, and a step of nothing splits it again.
        ushort[] weights = [0x3f80, 0x3f81, 0x3f80, 0xbf80, 0xbf81, 0x0000, 0x8000, 0x0001, 0x8001, 0x4000, 0x7f7f, 0x3f80];
        short[] remainders = [32767, -32768, 0, 32767, -32768, 0, 0, -32768, -1, -1, 32767, -1];
        using OpTest test = new(Bed.CudaBf16);
        State state = new(test, new float[weights.Length], new float[weights.Length]);
        test.Device.CopyFromHost<ushort>(state.Values, weights);
        test.Device.CopyFromHost<short>(state.Remainders, remainders);
        state.Update(test.Singles([1, 1], 2), [new(0, weights.Length, 0, 0)], Defaults);
        ushort[] after = new ushort[weights.Length];
        short[] rest = new short[weights.Length];
        test.Device.CopyToHost<ushort>(after, state.Values);
        test.Device.CopyToHost<short>(rest, state.Remainders);
        Assert.Equal(weights, after);
        Assert.Equal(remainders, rest);
    }

    [Theory]
    [InlineData(1e37f)]
    [InlineData(1e32f)]
    public void Update_WeightBecomesInfinite_StaysAsItIs(float rate)
    {
        // The smaller step ends below infinity, but what it ends at would be rounded to it.
        ushort[] weights = [0x7f7f, 0xff7f, 0x7f80, 0x7f7f, 0x7f7f, 0x7f7f, 0x7f7f, 0x7f7f, 0xff7f];
        short[] remainders = [32767, 32767, 0, 32767, 32767, 32767, 32767, 32767, 32767];
        using OpTest test = new(Bed.CudaBf16);
        State state = new(test, new float[weights.Length], [-1, 1, 1, -1, -1, -1, -1, -1, 1]);
        test.Device.CopyFromHost<ushort>(state.Values, weights);
        test.Device.CopyFromHost<short>(state.Remainders, remainders);
        float[] before = state.Masters();
        state.Update(test.Singles([1, 1], 2), [new(0, weights.Length, rate, 0)], Defaults);
        Assert.Equal(before, state.Masters());
    }

    [Fact]
    public void Update_RemainderMissingOrTooMuch_Throws()
    {
        using OpTest test = new(Bed.CudaBf16);
        State state = new(test, [1], [1]);
        Tensor norm = test.Singles([1, 1], 2);
        Assert.Throws<ArgumentException>("remainders", () => AdamW.Update(test.Device, state.Values, default, state.First, state.Second, state.Gradients, norm, [], Defaults));
        Assert.Throws<ArgumentException>("remainders", () => AdamW.Update(test.Device, state.First, state.Remainders, state.First, state.Second, state.Gradients, norm, [], Defaults));
    }
}
