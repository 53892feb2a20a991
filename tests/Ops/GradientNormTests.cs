using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class GradientNormTests(Bed bed)
{
    [Fact]
    public void Forward_ThreeFourFive_ClipsToTheMaximum()
    {
        float[] result = Run([3, 0, -4], 1);
        Assert.Equal(5, result[0]);
        Assert.Equal(1 / (5 + 1e-6), result[1], 1e-7);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(float.PositiveInfinity)]
    public void Forward_SmallNorm_FactorIsOne(float maxNorm) => Assert.Equal([5, 1], Run([3, 4], maxNorm));

    [Fact]
    public void Forward_AllZero_FactorIsOne() => Assert.Equal([0, 1], Run(new float[100], 1));

    [Fact]
    public void Forward_NoGradients_FactorIsOne() => Assert.Equal([0, 1], Run([], 1));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Forward_NotFinite_FactorIsNotANumber(float bad)
    {
        float[] gradients = OpTest.Normal(1, 1000);
        gradients[777] = bad;
        float[] result = Run(gradients, float.PositiveInfinity);
        Assert.Equal(bad, result[0]);
        Assert.Equal(float.NaN, result[1]);
    }

    [Fact]
    public void Forward_LargeGradients_DoesNotOverflow() => Assert.Equal(5e30, Run([3e30f, 4e30f], 1)[0], 1e24);

    [Theory]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(300_001)]
    public void Forward_AnyCount_EqualsNaive(int count)
    {
        float[] gradients = OpTest.Normal(2, count);
        double norm = Math.Sqrt(gradients.Sum(g => (double)g * g));
        bed.AssertClose([norm, 0.25 / (norm + 1e-6)], Run(gradients, 0.25f), Tolerance.Singles(1e-7, 1e-6), "norm and factor");
    }

    [Fact]
    public void Forward_AnyThreads_SameBits()
    {
        float[] gradients = OpTest.Normal(3, 400_003);
        OpTest.AssertSameBits(bed, test => Run(test, gradients, 1));
    }

    [Fact]
    public void Forward_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed);
        Tensor gradients = test.Singles(OpTest.Normal(4, 200_000), 200_000);
        Tensor result = test.PoisonedSingles(2);
        Allocations.AssertNone(() => GradientNorm.Forward(test.Device, result, gradients, 1));
    }

    private float[] Run(float[] gradients, float maxNorm)
    {
        using OpTest test = new(bed);
        return Run(test, gradients, maxNorm);
    }

    private static float[] Run(OpTest test, float[] gradients, float maxNorm)
    {
        Tensor result = test.PoisonedSingles(2);
        GradientNorm.Forward(test.Device, result, test.Singles(gradients, gradients.Length), maxNorm);
        return test.Read(result);
    }
}

public sealed class GradientNormCpuTests() : GradientNormTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class GradientNormCudaTests() : GradientNormTests(Bed.CudaSingle);
