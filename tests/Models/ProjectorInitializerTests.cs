using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Models;

public sealed class ProjectorInitializerTests
{
    private const int VisionWidth = 100;
    private const int TextWidth = 400;

    [Fact]
    public void Initialize_WeightsAndBiases_AreUniformWithinTheirBounds()
    {
        using CpuDevice device = new(1);
        using ParameterTable table = Build(device, 1);

        AssertUniform(device, table["projector.linear_1.weight"], 1 / Math.Sqrt(VisionWidth));
        AssertUniform(device, table["projector.linear_1.bias"], 1 / Math.Sqrt(VisionWidth));
        AssertUniform(device, table["projector.linear_2.weight"], 1 / Math.Sqrt(TextWidth));
        AssertUniform(device, table["projector.linear_2.bias"], 1 / Math.Sqrt(TextWidth));
        Assert.All(table.All.Where(static p => p.Part != ModelPart.Projector), p => Assert.All(Values(device, p), static v => Assert.Equal(0, v)));
    }

    [Fact]
    public void Initialize_SameSeed_SameBits_OtherSeedOthers()
    {
        using CpuDevice device = new(1);
        using ParameterTable first = Build(device, 7), again = Build(device, 7), other = Build(device, 8);

        Assert.Equal(Values(device, first["projector.linear_2.weight"]), Values(device, again["projector.linear_2.weight"]));
        Assert.NotEqual(Values(device, first["projector.linear_2.weight"]), Values(device, other["projector.linear_2.weight"]));
        Assert.NotEqual(Values(device, first["projector.linear_1.bias"]), Values(device, first["projector.linear_2.bias"]));
    }

    // A uniform variable within ±b has mean 0 and variance b²/3; five standard errors either side.
    private static void AssertUniform(CpuDevice device, Parameter parameter, double bound)
    {
        float[] values = Values(device, parameter);
        double mean = values.Average(static v => (double)v), square = values.Average(static v => (double)v * v);
        Assert.InRange(values.Min(), -bound, -0.9 * bound);
        Assert.InRange(values.Max(), 0.9 * bound, bound);
        Assert.InRange(mean, -5 * bound / Math.Sqrt(3.0 * values.Length), 5 * bound / Math.Sqrt(3.0 * values.Length));
        Assert.InRange(square / (bound * bound / 3), 1 - (5 * 0.9 / Math.Sqrt(values.Length)), 1 + (5 * 0.9 / Math.Sqrt(values.Length)));
    }

    private static ParameterTable Build(CpuDevice device, ulong seed)
    {
        VisionConfig vision = new() { HiddenSize = VisionWidth, IntermediateSize = 8, Layers = 1, Heads = 2, ImageSize = 28 };
        TextConfig text = new() { HiddenSize = TextWidth, IntermediateSize = 8, Layers = 1, Heads = 2, KvHeads = 2, HeadSize = 4, VocabularySize = 8 };
        ParameterTable table = LlavaParameters.Build(new LlavaConfig(vision, text, ProjectorConfig.Mlp2));
        table.Allocate(device, DType.F32);
        ProjectorInitializer.Initialize(table, device, seed);
        return table;
    }

    private static float[] Values(CpuDevice device, Parameter parameter)
    {
        float[] values = new float[parameter.Shape.Count];
        device.ReadFloats(values, parameter.Value);
        return values;
    }
}
