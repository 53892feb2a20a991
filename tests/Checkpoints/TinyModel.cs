using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Tests.Checkpoints;

/// <summary>A model of a few thousand weights, each of its own value.</summary>
internal static class TinyModel
{
    internal static LlavaConfig Config(string projector = "mlp2x_gelu", int? imageToken = null) => new(
        new VisionConfig { HiddenSize = 8, IntermediateSize = 12, Layers = 3, Heads = 2, ImageSize = 8, PatchSize = 4, LayerNormEpsilon = 2e-5f, ProjectionSize = 6 },
        new TextConfig
        {
            HiddenSize = 8,
            IntermediateSize = 20,
            Layers = 2,
            Heads = 4,
            KvHeads = 2,
            HeadSize = 4,
            VocabularySize = 30,
            MaxPositions = 99,
            RmsNormEpsilon = 1e-5f,
            RopeTheta = 50000,
            BosTokenId = 3,
            EosTokenId = 4,
            PadTokenId = 5,
        },
        ProjectorConfig.Parse(projector))
    {
        FeatureLayer = -1,
        FeatureSelection = FeatureSelection.ClsPatch,
        ImageTokenId = imageToken,
    };

    internal static LoadedModel Make(LlavaConfig config)
    {
        LoadedModel model = new(config);
        foreach (Parameter parameter in model.Table.All)
        {
            CounterRandom random = new(5, parameter.Name);
            float[] values = [.. Enumerable.Range(0, (int)parameter.Shape.Count).Select(i => (float)random.Normal((ulong)i))];
            model.Device.WriteFloats(parameter.Value, values);
        }

        return model;
    }
}
