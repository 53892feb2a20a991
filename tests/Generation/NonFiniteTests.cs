using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Generation;

/// <summary>Weights and activations that are NaN or infinite end an answer with an error that names the first of them.</summary>
public abstract class NonFiniteTests(Bed bed)
{
    [Theory]
    [InlineData("language.layers.0.mlp.up_proj.weight", float.NaN)]
    [InlineData("language.lm_head.weight", float.PositiveInfinity)]
    [InlineData("language.norm.weight", float.NegativeInfinity)]
    [InlineData("projector.linear_1.bias", float.NaN)]
    [InlineData("vision.encoder.layers.0.self_attn.q_proj.weight", float.NaN)]
    public void Send_WeightThatIsNotFinite_IsNamed(string name, float bad)
    {
        using OpTest test = new(bed);
        using LlavaModel model = Model(test);
        using ChatSession session = model.StartChat();
        Change(model, name, values => values[values.Length / 2] = bad);
        NotFiniteNumberException error = Assert.Throws<NotFiniteNumberException>(() => session.Send("What is this?", [new RgbImage(30, 30)], new GenerationOptions { MaxNewTokens = 4 }).ToArray());
        Parameter parameter = model.Network.Parameters[name];
        Assert.Contains($"the first bad tensor is the weight {name} {parameter.Shape}, at {parameter.Shape.Place(parameter.Shape.Count / 2)}.", error.Message, StringComparison.Ordinal);
        Assert.Empty(session.Turns);
    }

    [Theory]
    [InlineData("language.layers.0.mlp.down_proj.weight", "the output of language.layers.0")]
    [InlineData("projector.linear_2.weight", "the projector's output")]
    public void Send_ActivationThatOverflows_IsNamed(string name, string expected)
    {
        using OpTest test = new(bed);
        using LlavaModel model = Model(test);
        Change(model, name, static values => Array.Fill(values, 3e38f));
        string message = Assert.Throws<NotFiniteNumberException>(() => model.Ask("What is this?", [new RgbImage(30, 30)], new GenerationOptions { Temperature = 1 }).ToArray()).Message;
        Assert.Contains($"all weights are finite, the first bad tensor is {expected}", message, StringComparison.Ordinal);
    }

    private static LlavaModel Model(OpTest test) => LlavaModel.Load(ReferenceFiles.Shipped("layouts", "huggingface"), test.Device);

    private static void Change(LlavaModel model, string name, Action<float[]> change)
    {
        Parameter parameter = model.Network.Parameters[name];
        float[] values = new float[parameter.Shape.Count];
        model.Device.ReadFloats(values, parameter.Value);
        change(values);
        model.Device.WriteFloats(parameter.Value, values);
    }
}

public sealed class NonFiniteCpuTests() : NonFiniteTests(Bed.Cpu);

[Trait("Category", "Emulator")]
public sealed class NonFiniteBf16Tests() : NonFiniteTests(Bed.CudaBf16);
