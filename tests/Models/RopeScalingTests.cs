using System.Text.Json;
using LlavaCuda.Checkpoints;
using LlavaCuda.Formats;
using LlavaCuda.Models;

namespace LlavaCuda.Tests.Models;

public sealed class RopeScalingTests
{
    private static readonly string Recorded = Path.Combine(AppContext.BaseDirectory, "reference", "rope.json");

    [Fact]
    [Trait("Category", "Reference")]
    public void RotaryFrequencies_EveryScaling_EqualTransformers()
    {
        int compared = 0;
        foreach (JsonElement testCase in JsonElement.Parse(File.ReadAllBytes(Recorded)).EnumerateArray())
        {
            TextConfig config = LlamaConfigFile.Read(ConfigSection.Parse(JsonSerializer.SerializeToUtf8Bytes(testCase.GetProperty("config")), "case"));
            double[] frequencies = config.RotaryFrequencies();
            double[] expected = [.. testCase.GetProperty("frequencies").EnumerateArray().Select(static f => f.GetDouble())];
            Assert.Equal(expected.Length, frequencies.Length);

            // Theirs are computed in single precision; where a wavelength lies between the bands, from a difference.
            Assert.All(expected.Zip(frequencies), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 4e-6 * pair.First));
            compared++;
        }

        Assert.True(compared >= 9);
    }

    [Fact]
    public void Scale_Llama3_BandsMeet()
    {
        RopeScaling scaling = new(RopeScalingKind.Llama3, 8, 8192);
        double low = 2 * Math.PI / 8192, high = 4 * low;
        Assert.Equal(low / 8, scaling.Scale(low), 1e-12);
        Assert.Equal(high, scaling.Scale(high), 1e-12);
        Assert.Equal(low / 80, scaling.Scale(low / 10), 1e-12);
        Assert.InRange(scaling.Scale(2 * low), 2 * low / 8, 2 * low);
    }
}
