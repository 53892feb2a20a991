using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>Weights of an untrained model: normal, with a deviation of one over the root of the inputs; halved where a branch ends in the residual stream, and at the projector's end, whose rows are then as large as embeddings.</summary>
internal static class BaseWeights
{
    /// <summary>Fills all weights.</summary>
    /// <param name="device">Where they are.</param>
    /// <param name="parameters">The table; projectors are filled too, though stage 1 begins with its own.</param>
    /// <param name="seed">Chooses them.</param>
    /// <param name="part">Only this part, or null.</param>
    internal static void Fill(Device device, ParameterTable parameters, ulong seed, ModelPart? part = null)
    {
        foreach (Parameter parameter in parameters.All.Where(parameter => part is null || parameter.Part == part))
        {
            float[] values = new float[parameter.Shape.Count];
            (double mean, double deviation) = Distribution(parameter);
            CounterRandom random = new(seed, parameter.Name);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)(mean + (deviation == 0 ? 0 : deviation * random.Normal((ulong)i)));
            }

            device.WriteFloats(parameter.Value, values);
        }
    }

    private static (double Mean, double Deviation) Distribution(Parameter parameter)
    {
        string name = parameter.Name;
        bool norm = name.Contains("norm", StringComparison.Ordinal);
        double inputs = parameter.Shape.Rank > 1 ? parameter.Shape.Count / parameter.Shape[0] : parameter.Shape.Count;
        return name switch
        {
            _ when norm => (name.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0, 0),
            _ when name.EndsWith(".bias", StringComparison.Ordinal) => (0, 0),
            _ when name.EndsWith("position_embedding.weight", StringComparison.Ordinal) => (0, 0.3),
            _ when name.EndsWith("embed_tokens.weight", StringComparison.Ordinal) => (0, 0.5),
            _ when EndsBranch(name) => (0, 0.5 / Math.Sqrt(inputs)),
            _ => (0, 1 / Math.Sqrt(inputs)),
        };
    }

    private static bool EndsBranch(string name) =>
        name.EndsWith("out_proj.weight", StringComparison.Ordinal) || name.EndsWith("fc2.weight", StringComparison.Ordinal) || name.EndsWith("o_proj.weight", StringComparison.Ordinal)
        || name.EndsWith("down_proj.weight", StringComparison.Ordinal) || name.EndsWith("lm_head.weight", StringComparison.Ordinal)
        || name.EndsWith("linear_2.weight", StringComparison.Ordinal);
}
