using System.Globalization;
using LlavaCuda.Tensors;

namespace LlavaCuda.Models;

/// <summary>Names and extents of all weights of a LLaVA.</summary>
public static class LlavaParameters
{
    /// <summary>Lists the weights that a configuration asks for.</summary>
    /// <param name="config">The configuration.</param>
    /// <returns>A table without memory.</returns>
    public static ParameterTable Build(LlavaConfig config)
    {
        ParameterTable table = new();
        AddVision(table, config.Vision);
        AddProjector(table, config);
        AddLanguage(table, config.Text);
        return table;
    }

    private static void AddVision(ParameterTable table, VisionConfig c)
    {
        const ModelPart Part = ModelPart.Vision;
        table.Add("vision.embeddings.class_embedding", Part, c.HiddenSize);
        table.Add("vision.embeddings.patch_embedding.weight", Part, c.HiddenSize, 3, c.PatchSize, c.PatchSize);
        table.Add("vision.embeddings.position_embedding.weight", Part, c.Positions, c.HiddenSize);
        AddLayerNorm("vision.pre_layrnorm");
        for (int i = 0; i < c.Layers; i++)
        {
            string layer = string.Create(CultureInfo.InvariantCulture, $"vision.encoder.layers.{i}.");
            AddLayerNorm(layer + "layer_norm1");
            Shape square = new(c.HiddenSize, c.HiddenSize);
            Shape vector = new(c.HiddenSize);
            string attention = layer + "self_attn.";
            table.AddFused(Part, (attention + "q_proj.weight", square), (attention + "k_proj.weight", square), (attention + "v_proj.weight", square));
            table.AddFused(Part, (attention + "q_proj.bias", vector), (attention + "k_proj.bias", vector), (attention + "v_proj.bias", vector));
            AddLinear(attention + "out_proj", c.HiddenSize, c.HiddenSize);
            AddLayerNorm(layer + "layer_norm2");
            AddLinear(layer + "mlp.fc1", c.IntermediateSize, c.HiddenSize);
            AddLinear(layer + "mlp.fc2", c.HiddenSize, c.IntermediateSize);
        }

        AddLayerNorm("vision.post_layernorm");

        void AddLayerNorm(string name)
        {
            table.Add(name + ".weight", Part, c.HiddenSize);
            table.Add(name + ".bias", Part, c.HiddenSize);
        }

        void AddLinear(string name, int outputs, int inputs)
        {
            table.Add(name + ".weight", Part, outputs, inputs);
            table.Add(name + ".bias", Part, outputs);
        }
    }

    private static void AddProjector(ParameterTable table, LlavaConfig c)
    {
        for (int i = 0; i < c.Projector.Depth; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"projector.linear_{i + 1}");
            table.Add(name + ".weight", ModelPart.Projector, c.Text.HiddenSize, i == 0 ? c.Vision.HiddenSize : c.Text.HiddenSize);
            table.Add(name + ".bias", ModelPart.Projector, c.Text.HiddenSize);
        }
    }

    private static void AddLanguage(ParameterTable table, TextConfig c)
    {
        const ModelPart Part = ModelPart.Language;
        table.Add("language.embed_tokens.weight", Part, c.VocabularySize, c.HiddenSize);
        for (int i = 0; i < c.Layers; i++)
        {
            string layer = string.Create(CultureInfo.InvariantCulture, $"language.layers.{i}.");
            table.Add(layer + "input_layernorm.weight", Part, c.HiddenSize);
            Shape query = new(c.Heads * c.HeadSize, c.HiddenSize);
            Shape key = new(c.KvHeads * c.HeadSize, c.HiddenSize);
            string attention = layer + "self_attn.";
            table.AddFused(Part, (attention + "q_proj.weight", query), (attention + "k_proj.weight", key), (attention + "v_proj.weight", key));
            table.Add(attention + "o_proj.weight", Part, c.HiddenSize, c.Heads * c.HeadSize);
            table.Add(layer + "post_attention_layernorm.weight", Part, c.HiddenSize);
            Shape wide = new(c.IntermediateSize, c.HiddenSize);
            table.AddFused(Part, (layer + "mlp.gate_proj.weight", wide), (layer + "mlp.up_proj.weight", wide));
            table.Add(layer + "mlp.down_proj.weight", Part, c.HiddenSize, c.IntermediateSize);
        }

        table.Add("language.norm.weight", Part, c.HiddenSize);
        table.Add("language.lm_head.weight", Part, c.VocabularySize, c.HiddenSize);
    }
}
