using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class SwiGluTests(Bed bed)
{
    public static TheoryData<int, int> Sizes => OpSizes.RowsAndWidths();

    [Fact]
    public void Forward_HandValue_Agrees()
    {
        using OpTest test = new(bed);
        Tensor h = test.Poisoned(1, 3);
        SwiGlu.Forward(test.Device, h, test.Floats([0, 1, -2, 5, 3, 2], 1, 6));
        test.AssertClose([0, 2.1931757358900146, -0.47681168808847011], test.Read(h), Tolerance.Elementwise.OnCpu(1e-7), "h");
    }

    [Fact]
    public void ForwardBackward_LargeGates_Saturate()
    {
        using OpTest test = new(bed);
        Tensor h = test.Poisoned(1, 4);
        Tensor gateUp = test.Floats([-200, 200, -80, 80, 2, 2, 2, 2], 1, 8);
        SwiGlu.Forward(test.Device, h, gateUp);
        test.AssertClose([0, 400, 0, 160], test.Read(h), Tolerance.Elementwise.OnCpu(1e-7), "h");
        SwiGlu.Backward(test.Device, gateUp, default, test.Floats([1, 1, 1, 1], 1, 4));
        test.AssertClose([0, 2, 0, 2, 0, 200, 0, 80], test.Read(gateUp), Tolerance.ElementwiseGradient.OnCpu(1e-7), "dgate and dup");
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void ForwardBackward_AnySize_AgreeWithDouble(int rows, int width)
    {
        float[] values = bed.Normal(1, 2L * rows * width, 3);
        float[] gradients = bed.Normal(2, (long)rows * width);
        double[] expected = new double[rows * width];
        double[] expectedGradients = new double[2 * rows * width];
        for (int i = 0; i < expected.Length; i++)
        {
            int gate = (i / width * 2 * width) + (i % width);
            double g = values[gate];
            double u = values[gate + width];
            double sigmoid = 1 / (1 + Math.Exp(-g));
            expected[i] = g * sigmoid * u;
            expectedGradients[gate] = gradients[i] * u * sigmoid * (1 + (g * (1 - sigmoid)));
            expectedGradients[gate + width] = gradients[i] * g * sigmoid;
        }

        using OpTest test = new(bed);
        Tensor h = test.Poisoned(rows, width);
        Tensor gateUp = test.Floats(values, rows, 2 * width);
        Tensor dh = test.Floats(gradients, rows, width);
        SwiGlu.Forward(test.Device, h, gateUp);
        test.AssertClose(expected, test.Read(h), Tolerance.Elementwise, "h");
        Assert.Equal(values, test.Read(gateUp));

        SwiGlu.Backward(test.Device, gateUp, default, dh);
        test.AssertClose(expectedGradients, test.Read(gateUp), Tolerance.ElementwiseGradient, "dgate and dup");
        Assert.Equal(gradients, test.Read(dh));

        // The forward's output once more: into a place of its own, and over dh.
        foreach (Tensor again in (Tensor[])[h, dh])
        {
            test.Write(gateUp, values);
            test.Poison(h);
            SwiGlu.Backward(test.Device, gateUp, again, dh);
            test.AssertClose(expected, test.Read(again), Tolerance.Elementwise, "h once more");
            test.AssertClose(expectedGradients, test.Read(gateUp), Tolerance.ElementwiseGradient, "dgate and dup");
        }
    }

    [Fact]
    public void ForwardBackward_AnyThreads_GiveTheSameBits()
    {
        float[] values = bed.Normal(1, 2 * 77 * 1001);
        OpTest.AssertSameBits(bed, test =>
        {
            Tensor h = test.Poisoned(77, 1001);
            Tensor gateUp = test.Floats(values, 77, 2002);
            SwiGlu.Forward(test.Device, h, gateUp);
            SwiGlu.Backward(test.Device, gateUp, default, h);
            return [.. test.Read(h), .. test.Read(gateUp)];
        });
    }

    [Fact]
    public void ForwardBackward_Warm_AllocateNothing()
    {
        using OpTest test = new(bed);
        Tensor h = test.Floats(bed.Normal(1, 77 * 1001), 77, 1001);
        Tensor gateUp = test.Floats(bed.Normal(2, 77 * 2002), 77, 2002);
        Allocations.AssertNone(() =>
        {
            SwiGlu.Forward(test.Device, h, gateUp);
            SwiGlu.Backward(test.Device, gateUp, default, h);
        });
    }

    [Fact]
    public void ForwardBackward_WrongExtents_NameBoth()
    {
        using OpTest test = new(bed);
        Tensor h = test.Poisoned(2, 4);
        string message = Assert.Throws<ArgumentException>("gateUp", () => SwiGlu.Forward(test.Device, h, h)).Message;
        Assert.Contains("[2, 4]", message, StringComparison.Ordinal);
        Assert.Contains("[2, 8]", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("gateUp", () => SwiGlu.Backward(test.Device, h, default, h));
        Assert.Throws<ArgumentException>("h", () => SwiGlu.Backward(test.Device, test.Poisoned(2, 8), test.Poisoned(2, 3), h));
        Assert.Throws<ArgumentException>("dh", () => SwiGlu.Backward(test.Device, h, default, default));
    }
}

public sealed class SwiGluCpuTests() : SwiGluTests(Bed.Cpu)
{
    [Fact]
    public void Backward_FiniteDifferences_Agree()
    {
        float[] values = OpTest.Normal(1, 3 * 2 * 11);
        float[] gradients = OpTest.Normal(2, 3 * 11);
        using OpTest test = new(Bed.Cpu);
        Tensor h = test.Poisoned(3, 11);
        Tensor gateUp = test.Floats(values, 3, 22);
        SwiGlu.Backward(test.Device, gateUp, default, test.Floats(gradients, 3, 11));
        float[] gradient = test.Read(gateUp);
        FiniteDifferences.AssertGradient(
            gradient,
            values,
            moved =>
            {
                test.Write(gateUp, moved);
                SwiGlu.Forward(test.Device, h, gateUp);
                return FiniteDifferences.Weighted(test.Read(h), gradients);
            },
            "dgate and dup");
    }
}

[Trait("Category", "Emulator")]
public sealed class SwiGluCudaTests() : SwiGluTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class SwiGluBf16Tests() : SwiGluTests(Bed.CudaBf16);
