using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Generation;

public class SamplerTests
{
    private static readonly float[] Logits = [0, 2, 2, -1, 1];

    [Fact]
    public void Next_Greedy_TakesTheLowestOfEqualIds() => Assert.All(Draw(new GenerationOptions()), static id => Assert.Equal(1, id));

    [Fact]
    public void Next_TopKOne_IsGreedyAtAnyTemperature() =>
        Assert.All(Draw(new GenerationOptions { Temperature = 5, TopK = 1 }), static id => Assert.Equal(1, id));

    [Fact]
    public void Next_TopK_DrawsFromTheLikeliestOnly() =>
        Assert.Equal([1, 2, 4], Draw(new GenerationOptions { Temperature = 3, TopK = 3 }).Distinct().Order());

    [Fact]
    public void Next_TopP_DrawsFromTheSmallestSetThatReachesIt()
    {
        // Shares at temperature 1: 0.053, 0.392, 0.392, 0.020, 0.144; the two likeliest have 0.784.
        Assert.Equal([1, 2], Draw(new GenerationOptions { Temperature = 1, TopP = 0.75 }).Distinct().Order());
        Assert.Equal([1, 2, 4], Draw(new GenerationOptions { Temperature = 1, TopP = 0.9 }).Distinct().Order());
    }

    [Fact]
    public void Next_Temperature_FollowsTheSoftmax()
    {
        int[] ids = Draw(new GenerationOptions { Temperature = 2 });
        double sum = Logits.Sum(static z => Math.Exp(z / 2));
        for (int id = 0; id < Logits.Length; id++)
        {
            double expected = Math.Exp(Logits[id] / 2) / sum;
            Assert.InRange((double)ids.Count(i => i == id) / ids.Length, expected - 0.025, expected + 0.025);
        }
    }

    [Fact]
    public void Next_ForbiddenToken_IsNeverDrawn()
    {
        using CpuDevice device = new(1);
        using TokenChooser chooser = new(device, rows: 1, vocabulary: 3);
        chooser.Forbid([1]);
        Sampler sampler = new(new GenerationOptions { Temperature = 10 });
        Assert.All(Enumerable.Range(0, 1000), i => Assert.NotEqual(1, Choose(device, chooser, [0, 5, 0], sampler.Draw(i))));
    }

    [Fact]
    public void Next_LargestUniform_IsNeverAForbiddenToken()
    {
        // What rounding leaves of the sum must not fall to the last token.
        const int Vocabulary = 1000;
        using CpuDevice device = new(1);
        using TokenChooser chooser = new(device, rows: 1, Vocabulary);
        chooser.Forbid([Vocabulary - 1]);
        Random random = new(7);
        for (int i = 0; i < 200; i++)
        {
            float[] logits = [.. Enumerable.Range(0, Vocabulary).Select(_ => random.NextSingle())];
            Assert.Equal(Vocabulary - 2, Choose(device, chooser, logits, new TokenDraw(Math.BitDecrement(1.0), 1, 0, 1)));
        }
    }

    [Fact]
    public void Next_SameSeed_GivesTheSameTokens()
    {
        GenerationOptions options = new() { Temperature = 1, Seed = 11 };
        Assert.Equal(Draw(options), Draw(options));
        Assert.NotEqual(Draw(options), Draw(options with { Seed = 12 }));
    }

    [Theory]
    [InlineData(0, 0, 0, 1, "MaxNewTokens")]
    [InlineData(1, -1, 0, 1, "Temperature")]
    [InlineData(1, double.NaN, 0, 1, "Temperature")]
    [InlineData(1, 0, -1, 1, "TopK")]
    [InlineData(1, 0, 0, 0, "TopP")]
    [InlineData(1, 0, 0, 1.5, "TopP")]
    public void Validate_ValueWithoutMeaning_NamesTheOption(int tokens, double temperature, int topK, double topP, string name)
    {
        GenerationOptions options = new() { MaxNewTokens = tokens, Temperature = temperature, TopK = topK, TopP = topP };
        Assert.StartsWith($"{name} is ", Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    private static int[] Draw(GenerationOptions options)
    {
        using CpuDevice device = new(1);
        using TokenChooser chooser = new(device, rows: 1, Logits.Length);
        Sampler sampler = new(options);
        return [.. Enumerable.Range(0, 5000).Select(i => Choose(device, chooser, Logits, sampler.Draw(i)))];
    }

    private static int Choose(CpuDevice device, TokenChooser chooser, float[] logits, TokenDraw draw)
    {
        using DeviceMemory memory = device.Allocate(logits.Length * sizeof(float), "logits");
        Tensor row = new(memory.Address, DType.F32, new Shape(1, logits.Length));
        device.CopyFromHost<float>(row, logits);
        int id = 0;
        chooser.Choose(new Span<int>(ref id), row, [draw]);
        return id;
    }
}
