using System.Text.Json;

namespace Peer;

/// <summary>What the peer needs of a LLaVA's config.json: two-layer projector, patches of the last hidden state but one, no grouped queries.</summary>
internal sealed class SmallConfig
{
    internal SmallConfig(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
        JsonElement text = document.RootElement.GetProperty("text_config");
        JsonElement vision = document.RootElement.GetProperty("vision_config");
        Text = new Part(text);
        Vision = new Part(vision);
        Vocabulary = text.GetProperty("vocab_size").GetInt32();
        MaxPositions = text.GetProperty("max_position_embeddings").GetInt32();
        RopeTheta = text.GetProperty("rope_theta").GetDouble();
        RmsEpsilon = text.GetProperty("rms_norm_eps").GetDouble();
        LayerNormEpsilon = vision.GetProperty("layer_norm_eps").GetDouble();
        ImageSize = vision.GetProperty("image_size").GetInt32();
        PatchSize = vision.GetProperty("patch_size").GetInt32();
    }

    internal Part Text { get; }

    internal Part Vision { get; }

    internal long Vocabulary { get; }

    internal int MaxPositions { get; }

    internal double RopeTheta { get; }

    internal double RmsEpsilon { get; }

    internal double LayerNormEpsilon { get; }

    internal long ImageSize { get; }

    internal long PatchSize { get; }

    internal long Grid => ImageSize / PatchSize;

    internal long Patches => Grid * Grid;

    internal long PatchValues => 3 * PatchSize * PatchSize;

    /// <summary>Extents that both towers have.</summary>
    internal sealed class Part(JsonElement section)
    {
        internal long Width { get; } = section.GetProperty("hidden_size").GetInt64();

        internal long Inner { get; } = section.GetProperty("intermediate_size").GetInt64();

        internal int Layers { get; } = section.GetProperty("num_hidden_layers").GetInt32();

        internal long Heads { get; } = section.GetProperty("num_attention_heads").GetInt64();

        internal long HeadSize => Width / Heads;
    }
}
