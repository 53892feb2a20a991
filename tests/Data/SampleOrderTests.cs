using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Tests.Data;

public sealed class SampleOrderTests
{
    [Fact]
    public void Step_OverAnEpoch_VisitsEverySampleOnce()
    {
        SampleOrder order = new(103, 10, seed: 5);
        Assert.Equal(11, order.StepsPerEpoch);
        List<int> first = Epoch(order, 0), second = Epoch(order, 1);
        Assert.Equal(Enumerable.Range(0, 103), first.Order());
        Assert.Equal(Enumerable.Range(0, 103), second.Order());
        Assert.NotEqual(first, second);
        Assert.Equal(3, order.Step(10).Length);
    }

    [Fact]
    public void Step_AskedInAnyOrder_DependsOnSeedAndStepAlone()
    {
        SampleOrder one = new(50, 8, seed: 9), other = new(50, 8, seed: 9), seeded = new(50, 8, seed: 10);
        int[] late = one.Step(17).ToArray();
        _ = other.Step(3);
        Assert.Equal(late, other.Step(17).ToArray());
        Assert.NotEqual(late, seeded.Step(17).ToArray());
    }

    [Fact]
    public void Step_ManyEpochs_PutsEverySampleEverywhere()
    {
        const int Samples = 8, Epochs = 4000;
        SampleOrder order = new(Samples, Samples, seed: 1);
        int[,] seen = new int[Samples, Samples];
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            ReadOnlySpan<int> samples = order.Step(epoch);
            for (int i = 0; i < Samples; i++)
            {
                seen[i, samples[i]]++;
            }
        }

        // 500 expected with a deviation of 21: five deviations.
        foreach (int count in seen)
        {
            Assert.InRange(count, 395, 605);
        }
    }

    private static List<int> Epoch(SampleOrder order, int epoch)
    {
        List<int> samples = [];
        for (int step = 0; step < order.StepsPerEpoch; step++)
        {
            samples.AddRange(order.Step(((long)epoch * order.StepsPerEpoch) + step));
        }

        return samples;
    }
}
