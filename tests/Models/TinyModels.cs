using LlavaCuda.Devices;
using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Models;

/// <summary>A LLaVA as small as it goes, with grouped queries, and batches for it.</summary>
internal static class TinyModels
{
    internal static LlavaConfig Config { get; } = new(
        new VisionConfig { HiddenSize = 8, IntermediateSize = 12, Layers = 2, Heads = 2, ImageSize = 4, PatchSize = 2 },
        new TextConfig { HiddenSize = 16, IntermediateSize = 20, Layers = 2, Heads = 4, KvHeads = 2, HeadSize = 6, VocabularySize = 64, MaxPositions = 48 },
        ProjectorConfig.Mlp2);

    /// <summary>Makes a model with random weights.</summary>
    internal static Llava Create(Device device, LlavaConfig? config = null)
    {
        Llava model = Llava.Create(device, config ?? Config);
        foreach (Parameter parameter in model.Parameters.All)
        {
            CounterRandom random = new(3, parameter.Name);
            double deviation = parameter.Shape.Rank > 1 ? 1.2 / Math.Sqrt(parameter.Shape.Count / parameter.Shape[0]) : 0.2;
            double mean = parameter.Name.Contains("norm", StringComparison.Ordinal) && parameter.Name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0;
            float[] values = [.. Enumerable.Range(0, (int)parameter.Shape.Count).Select(i => (float)(mean + (deviation * random.Normal((ulong)i))))];
            device.WriteFloats(parameter.Value, values);
        }

        return model;
    }

    /// <summary>Makes a batch of samples with two pictures, one picture and none.</summary>
    internal static PackedBatch Mixed(LlavaConfig config)
    {
        const int Image = PackedBatch.ImageToken;
        const int None = PackedBatch.Ignore;
        PackedBatch batch = new(config);
        batch.Add([1, Image, 7, 9, Image, 11, 12, 2], [None, None, None, 9, None, 11, 12, 2]);
        batch.Add([1, 30, Image, 31, 32], [None, None, None, 31, 32]);
        batch.Add([1, 40, 41, 42, 2], [None, None, 41, 42, 2]);
        for (int i = 0; i < 3; i++)
        {
            AddPicture(batch, i);
        }

        return batch;
    }

    /// <summary>Adds a picture of noise.</summary>
    internal static void AddPicture(PackedBatch batch, int seed)
    {
        CounterRandom random = new((ulong)seed, "picture");
        Span<float> pixels = batch.AddImage();
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (float)random.Normal((ulong)i);
        }
    }

    /// <summary>Makes an arena that is large enough.</summary>
    internal static Arena Arena(Device device) => new(device, 32 << 20, "test activations");
}
