using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class AdamWTests(Bed bed)
{
    private static readonly AdamWStep Defaults = new(0.9f, 0.999f, 1e-8f, 1);

    [Fact]
    public void Update_FirstStep_MovesByTheRateAndDecays()
    {
        using OpTest test = new(bed);
        State state = new(test, [1, -2, 3], [0.5f, -0.25f, 0]);
        AdamW.Update(test.Device, state.Values, state.First, state.Second, state.Gradients, test.Floats([1, 1], 2), [new(0, 3, 0.1f, 0.5f)], Defaults);
        test.AssertClose([0.95 - 0.1, -1.9 + 0.1, 2.85], test.Read(state.Values), 1e-7, "values");
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
        float[] start = OpTest.Normal(1, Count);
        State state = new(test, start, new float[Count]);
        double[] values = [.. start.Select(v => (double)v)];
        double[] first = new double[Count];
        double[] second = new double[Count];
        Tensor norm = test.Floats([2, 0.5f], 2);
        for (int step = 1; step <= 20; step++)
        {
            float[] gradients = OpTest.Normal(100 + step, Count, 1e-2);
            test.Write(state.Gradients, gradients);
            AdamW.Update(
                test.Device, state.Values, state.First, state.Second, state.Gradients, norm, [new(0, Count, (float)Rate, (float)Decay)], new(beta1, beta2, epsilon, step));
            Naive(values, first, second, gradients, 0.5, Rate, Decay, Exact(beta1), Exact(beta2), Exact(epsilon), step);
            test.AssertClose(values, test.Read(state.Values), 1e-7 * Math.Sqrt(step), $"values after step {step}");
            test.AssertClose(first, test.Read(state.First), 2e-7, $"first after step {step}");
            test.AssertClose(second, test.Read(state.Second), 2e-7, $"second after step {step}");
        }

        // What the steps have moved, not only where they ended: the values hide errors of the update behind their own size.
        // Twenty roundings of a value near 1 are 2e-5 of the movement.
        float[] actual = test.Read(state.Values);
        float[] moved = [.. actual.Select((v, i) => v - start[i])];
        test.AssertClose([.. values.Select((v, i) => v - start[i])], moved, 3e-5, "movement");
    }

    [Fact]
    public void Update_Segments_LeaveTheRestAlone()
    {
        using OpTest test = new(bed);
        State state = new(test, [1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1]);
        AdamW.Update(
            test.Device, state.Values, state.First, state.Second, state.Gradients, test.Floats([1, 1], 2), [new(1, 2, 0.5f, 0), new(4, 1, 0.25f, 1), new(7, 0, 1, 1)], Defaults);
        test.AssertClose([1, 0.5, 0.5, 1, 0.5, 1, 1], test.Read(state.Values), 1e-7, "values");
        test.AssertClose([0, 0.1, 0.1, 0, 0.1, 0, 0], test.Read(state.First), 1e-7, "first");
    }

    [Fact]
    public void Update_FactorIsNotANumber_ChangesNothing()
    {
        using OpTest test = new(bed);
        State state = new(test, [1, 2], [float.NaN, 1]);
        AdamW.Update(test.Device, state.Values, state.First, state.Second, state.Gradients, test.Floats([float.NaN, float.NaN], 2), [new(0, 2, 1, 1)], Defaults);
        Assert.Equal([1, 2], test.Read(state.Values));
        Assert.Equal([0, 0], test.Read(state.First));
        Assert.Equal([0, 0], test.Read(state.Second));
    }

    [Fact]
    public void Update_AnyThreads_SameBits()
    {
        float[] values = OpTest.Normal(5, 100_003);
        float[] gradients = OpTest.Normal(6, 100_003);
        OpTest.AssertSameBits(bed, test =>
        {
            State state = new(test, values, gradients);
            AdamW.Update(
                test.Device, state.Values, state.First, state.Second, state.Gradients, test.Floats([1, 1], 2), [new(3, 100_000, 1e-3f, 0.1f)], Defaults);
            return test.Read(state.Values);
        });
    }

    [Fact]
    public void Update_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed);
        State state = new(test, new float[50_000], new float[50_000]);
        Tensor norm = test.Floats([1, 1], 2);
        OpTest.AssertAllocatesNothing(() => AdamW.Update(
            test.Device, state.Values, state.First, state.Second, state.Gradients, norm, [new(0, 40_000, 1e-3f, 0.1f), new(40_000, 10_000, 1e-3f, 0)], Defaults));
    }

    [Fact]
    public void Update_SegmentOutside_Throws()
    {
        using OpTest test = new(bed);
        State state = new(test, [1], [1]);
        Tensor norm = test.Floats([1, 1], 2);
        Assert.Throws<ArgumentException>(
            () => AdamW.Update(test.Device, state.Values, state.First, state.Second, state.Gradients, norm, [new(1, 1, 1, 1)], Defaults));
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

    private sealed class State(OpTest test, float[] values, float[] gradients)
    {
        public Tensor Values { get; } = test.Floats(values, values.Length);

        public Tensor First { get; } = test.Floats(new float[values.Length], values.Length);

        public Tensor Second { get; } = test.Floats(new float[values.Length], values.Length);

        public Tensor Gradients { get; } = test.Floats(gradients, values.Length);
    }
}

public sealed class AdamWCpuTests() : AdamWTests(Bed.Cpu);
