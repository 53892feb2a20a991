using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Tensors;

public class CounterRandomTests
{
    [Fact]
    public void Bits_SamePlace_IsTheSameNumber() => Assert.Equal(new CounterRandom(7, "a").Bits(123), new CounterRandom(7, "a").Bits(123));

    [Fact]
    public void Bits_OtherSeedStreamOrIndex_Differs()
    {
        ulong[] numbers = [new CounterRandom(7, 1).Bits(5), new CounterRandom(8, 1).Bits(5), new CounterRandom(7, 2).Bits(5), new CounterRandom(7, 1).Bits(6)];
        Assert.Equal(4, numbers.Distinct().Count());
    }

    [Fact]
    public void Normal_ManyNumbers_HaveMeanZeroAndVarianceOne()
    {
        CounterRandom random = new(1, "normal");
        double[] numbers = [.. Enumerable.Range(0, 100_000).Select(i => random.Normal((ulong)i))];
        Assert.InRange(numbers.Average(), -0.02, 0.02);
        Assert.InRange(numbers.Average(static x => x * x), 0.97, 1.03);
    }

    [Fact]
    public void Below_ManyNumbers_AreSpreadEvenly()
    {
        CounterRandom random = new(2, "below");
        int[] counts = new int[7];
        for (ulong i = 0; i < 70_000; i++)
        {
            counts[random.Below(i, 7)]++;
        }

        Assert.All(counts, static count => Assert.InRange(count, 9_500, 10_500));
    }
}
