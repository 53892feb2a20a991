using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Ops;

public abstract class CrossEntropyTests(Bed bed)
{
    [Fact]
    public void ForwardBackward_TwoLogits_EqualsHandValue()
    {
        // The nearest bf16 to log 3 moves loss and gradients by a part in five hundred.
        float[] logits = bed.Rounded([0, MathF.Log(3)]);
        (float[] losses, float[] gradients) = Run(logits, [0], 2, 0.5f);
        bed.AssertClose([Math.Log(4)], losses, new Tolerance(1e-7, 1e-6, 4e-3), "losses");
        bed.AssertClose([-0.375, 0.375], gradients, new Tolerance(1e-7, 1e-6, 4e-3), "gradients");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(5, 63)]
    [InlineData(5, 64)]
    [InlineData(2, 1025)]
    [InlineData(2, 32_000)]
    [InlineData(4, 32_003)]
    [InlineData(1, 32_768)]
    [InlineData(1, 32_776)]
    [InlineData(1, 128_257)]
    public void ForwardBackward_AnySize_EqualsNaive(int rows, int vocabulary)
    {
        float[] logits = bed.Normal(vocabulary, (long)rows * vocabulary, 4);
        int[] labels = [.. Enumerable.Range(0, rows).Select(i => i == 0 ? vocabulary - 1 : i * 31 % vocabulary)];
        (double[] losses, double[] gradients) = Naive(logits, labels, vocabulary, 0.125);
        (float[] actual, float[] actualGradients) = Run(logits, labels, vocabulary, 0.125f);
        bed.AssertClose(losses, actual, vocabulary == 1 ? Tolerance.Exact : Tolerance.Singles(3e-7, 1e-5), "losses");
        bed.AssertClose(gradients, actualGradients, vocabulary == 1 ? Tolerance.Exact : Tolerance.LogitGradient, "gradients");
        Assert.Equal(actual, Losses(logits, labels, vocabulary));
    }

    [Fact]
    public void ForwardBackward_LargeLogits_DoesNotOverflow()
    {
        (float[] losses, float[] gradients) = Run(bed.Rounded([1e4f, 1e4f, -1e4f, float.NegativeInfinity]), [1], 4, 1);
        Assert.Equal(Math.Log(2), losses[0], 1e-6);
        Assert.Equal([0.5f, -0.5f, 0, 0], gradients);
    }

    [Fact]
    public void ForwardBackward_NotANumber_ShowsInItsRowOnly()
    {
        float[] logits = bed.Normal(3, 3 * 40);
        logits[47] = float.NaN;
        (float[] losses, float[] gradients) = Run(logits, [1, 2, 3], 40, 1);
        Assert.Equal([false, true, false], losses.Select(float.IsNaN));
        Assert.All(gradients[..40], g => Assert.True(float.IsFinite(g)));
        Assert.All(gradients[80..], g => Assert.True(float.IsFinite(g)));
    }

    [Fact]
    public void ForwardBackward_AnyThreads_SameBits()
    {
        float[] logits = bed.Normal(5, 6 * 3001);
        OpTest.AssertSameBits(bed, test =>
        {
            Tensor z = test.Floats(logits, 6, 3001);
            CrossEntropy.ForwardBackward(test.Device, test.PoisonedSingles(6), z, test.Ints(0, 1, 2, 3, 4, 3000), 1);
            return test.Read(z);
        });
    }

    [Fact]
    public void ForwardBackward_Warm_AllocatesNothing()
    {
        using OpTest test = new(bed);
        Tensor logits = test.Floats(bed.Normal(6, 4 * 5000), 4, 5000);
        Tensor losses = test.PoisonedSingles(4);
        Tensor labels = test.Ints(1, 2, 3, 4);
        Allocations.AssertNone(() =>
        {
            CrossEntropy.Forward(test.Device, losses, logits, labels);
            CrossEntropy.ForwardBackward(test.Device, losses, logits, labels, 1);
        });
    }

    private protected float[] Losses(float[] logits, int[] labels, int vocabulary)
    {
        using OpTest test = new(bed);
        Tensor losses = test.PoisonedSingles(labels.Length);
        Tensor z = test.Floats(logits, labels.Length, vocabulary);
        CrossEntropy.Forward(test.Device, losses, z, test.Ints(labels));
        Assert.Equal(logits, test.Read(z));
        return test.Read(losses);
    }

    private protected (float[] Losses, float[] Gradients) Run(float[] logits, int[] labels, int vocabulary, float scale)
    {
        using OpTest test = new(bed);
        Tensor losses = test.PoisonedSingles(labels.Length);
        Tensor z = test.Floats(logits, labels.Length, vocabulary);
        CrossEntropy.ForwardBackward(test.Device, losses, z, test.Ints(labels), scale);
        return (test.Read(losses), test.Read(z));
    }

    private static (double[] Losses, double[] Gradients) Naive(float[] logits, int[] labels, int vocabulary, double scale)
    {
        double[] losses = new double[labels.Length];
        double[] gradients = new double[logits.Length];
        for (int row = 0; row < labels.Length; row++)
        {
            int start = row * vocabulary;
            double sum = 0;
            for (int i = 0; i < vocabulary; i++)
            {
                sum += Math.Exp(logits[start + i]);
            }

            losses[row] = Math.Log(sum) - logits[start + labels[row]];
            for (int i = 0; i < vocabulary; i++)
            {
                gradients[start + i] = ((Math.Exp(logits[start + i]) / sum) - (i == labels[row] ? 1 : 0)) * scale;
            }
        }

        return (losses, gradients);
    }
}

public sealed class CrossEntropyCpuTests() : CrossEntropyTests(Bed.Cpu)
{
    [Theory]
    [InlineData(-100)]
    [InlineData(5)]
    public void Forward_LabelOutside_Throws(int label)
    {
        ArgumentException fault = Assert.Throws<ArgumentException>(() => Losses(new float[10], [0, label], 5));
        Assert.Contains($"label of row 1 is {label}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ForwardBackward_FiniteDifferences_AreTheGradient()
    {
        // Losses come in single precision: with steps of 2^-5 the rounding of their difference and the third derivative stay below 1e-4 of the gradient's norm.
        const float Step = 1f / 32;
        const int Vocabulary = 9;
        float[] logits = OpTest.Normal(4, 2 * Vocabulary);
        int[] labels = [3, 8];
        double[] expected = new double[logits.Length];
        for (int i = 0; i < logits.Length; i++)
        {
            float[] up = [.. logits];
            float[] down = [.. logits];
            up[i] += Step;
            down[i] -= Step;
            expected[i] = ((double)Losses(up, labels, Vocabulary).Sum() - Losses(down, labels, Vocabulary).Sum()) / ((double)up[i] - down[i]);
        }

        Closeness.Assert(expected, Run(logits, labels, Vocabulary, 1).Gradients, 3e-4, "gradients");
    }
}

/// <summary>What is refused on the CPU cannot stop a GPU: the loss shows it.</summary>
public abstract class CrossEntropyOnCudaTests(Bed bed) : CrossEntropyTests(bed)
{
    [Theory]
    [InlineData(-100, 5)]
    [InlineData(5, 5)]
    [InlineData(int.MaxValue, 5)]
    [InlineData(int.MinValue, 64)]
    [InlineData(64, 64)]
    public void Forward_LabelOutside_IsNotANumber(int label, int vocabulary) =>
        Assert.Equal([false, true, false], Losses(new float[3 * vocabulary], [0, label, vocabulary - 1], vocabulary).Select(float.IsNaN));
}

[Trait("Category", "Emulator")]
public sealed class CrossEntropyCudaTests() : CrossEntropyOnCudaTests(Bed.CudaSingle);

[Trait("Category", "Emulator")]
public sealed class CrossEntropyBf16Tests() : CrossEntropyOnCudaTests(Bed.CudaBf16);
