using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class QuickGeluTests(Bed bed) : ActivationTests(
    bed, QuickGelu.Forward, QuickGelu.Backward, x => x * Sigmoid(x), x => Sigmoid(x) + (1.702 * x * Sigmoid(x) * (1 - Sigmoid(x))))
{
    private readonly Bed _bed = bed;

    [Fact]
    public void Forward_HandValues_Agree()
    {
        using OpTest test = new(_bed);
        Tensor y = test.Poisoned(1, 4);
        QuickGelu.Forward(test.Device, y, test.Floats([0, 1, -200, 200], 1, 4));
        float[] actual = test.Read(y);
        test.AssertClose([0.84579576592457795], actual.AsSpan(1, 1), Tolerance.Elementwise.OnCpu(1e-7), "y");
        Assert.Equal([0f, -0f, 200f], [actual[0], actual[2], actual[3]]);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-1.702 * x));
}

public sealed class QuickGeluCpuTests() : QuickGeluTests(Bed.Cpu)
{
    [Fact]
    public void Backward_FiniteDifferences_Agree() => AssertFiniteDifferences();
}

[Trait("Category", "Emulator")]
public sealed class QuickGeluCudaTests() : QuickGeluTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class QuickGeluBf16Tests() : QuickGeluTests(Bed.CudaBf16);
