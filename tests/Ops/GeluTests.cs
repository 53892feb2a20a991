using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class GeluTests(Bed bed) : ActivationTests(
    bed, Gelu.Forward, Gelu.Backward, x => x * Normal.Cumulative(x), x => Normal.Cumulative(x) + (x * Normal.Density(x)))
{
    private readonly Bed _bed = bed;

    [Fact]
    public void Forward_HandValues_Agree()
    {
        using OpTest test = new(_bed);
        Tensor y = test.Poisoned(1, 6);
        Gelu.Forward(test.Device, y, test.Floats([0, 1, -1, 3, -200, 200], 1, 6));
        double[] expected = [0, 0.84134474606854293, -0.15865525393145707, 2.9959503059006837, 0, 200];
        test.AssertClose(expected, test.Read(y), Tolerance.Elementwise.OnCpu(1e-7), "y");
    }

    /// <summary>The tails keep their relative accuracy: 1 + erf would have lost it from −3 on. The rounding of the argument of erf is 10⁻⁵ of the result at −13, unless it is made good.</summary>
    [Fact]
    public void Forward_EveryHundredth_IsAccurateRelativeToItself()
    {
        double allowed = new Tolerance(4e-7, 2e-5, 4e-3).For(_bed);
        float[] values = _bed.Rounded(Enumerable.Range(-1300, 2601).Select(i => i * 0.01f));
        using OpTest test = new(_bed);
        Tensor y = test.Poisoned(1, values.Length);
        Gelu.Forward(test.Device, y, test.Floats(values, 1, values.Length));
        float[] actual = test.Read(y);
        for (int i = 0; i < values.Length; i++)
        {
            double expected = values[i] * Normal.Cumulative(values[i]);
            double error = Math.Abs(actual[i] - expected);
            Assert.True(error <= allowed * Math.Abs(expected), $"GELU({values[i]:R}) is {actual[i]:R}, expected {expected:R}.");
        }
    }

    [Fact]
    public void ForwardBackward_NotANumber_Stays()
    {
        using OpTest test = new(_bed);
        Tensor x = test.Floats([float.NaN, 1], 1, 2);
        Tensor y = test.Floats([0, 0], 1, 2);
        Gelu.Forward(test.Device, y, x);
        Assert.Equal([true, false], test.Read(y).Select(float.IsNaN));
        Gelu.Backward(test.Device, y, x, x);
        Assert.Equal([true, false], test.Read(y).Select(float.IsNaN));
    }
}

public sealed class GeluCpuTests() : GeluTests(Bed.Cpu)
{
    [Fact]
    public void Backward_FiniteDifferences_Agree() => AssertFiniteDifferences();
}

[Trait("Category", "Emulator")]
public sealed class GeluCudaTests() : GeluTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class GeluBf16Tests() : GeluTests(Bed.CudaBf16);
