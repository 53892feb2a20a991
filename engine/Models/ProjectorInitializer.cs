using LlavaCuda.Devices;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>
/// Fresh weights for a projector: uniform in ±1/√(inputs) for weights and biases, which is what PyTorch gives its linear layers. Every element is a function of seed, name and
/// place alone, so two runs begin equal on any device.
/// </summary>
public static class ProjectorInitializer
{
    private const int Chunk = 1 << 16;

    /// <summary>Overwrites the projector's weights; an identity projector has none.</summary>
    /// <param name="table">The parameters, allocated.</param>
    /// <param name="device">The device that holds them.</param>
    /// <param name="seed">The run's seed.</param>
    public static void Initialize(ParameterTable table, Device device, ulong seed)
    {
        float[] values = new float[Chunk];
        foreach (Parameter parameter in table.All.Where(static p => p.Part == ModelPart.Projector))
        {
            string weight = parameter.Name.EndsWith(".bias", StringComparison.Ordinal) ? parameter.Name[..^4] + "weight" : parameter.Name;
            double bound = 1 / Math.Sqrt(table[weight].Shape[1]);
            CounterRandom random = new(seed, "initial " + parameter.Name);
            Tensor flat = parameter.Value.View(parameter.Shape.Count);
            for (long start = 0; start < flat.Count; start += Chunk)
            {
                Span<float> part = values.AsSpan(0, (int)Math.Min(Chunk, flat.Count - start));
                for (int i = 0; i < part.Length; i++)
                {
                    part[i] = (float)(((2 * random.Uniform((ulong)(start + i))) - 1) * bound);
                }

                device.WriteFloats(flat.Slice(start, part.Length), part);
            }
        }
    }
}
