using LlavaCuda.Formats;
using LlavaCuda.Images;
using LlavaCuda.Models;

namespace LlavaCuda.Checkpoints;

/// <summary>Reads the keys of a CLIP vision tower: <c>vision_config</c> of a CLIP or a LLaVA, or the whole file of a tower alone.</summary>
internal static class ClipConfigFile
{
    private const int MostLayers = 4096;

    /// <summary>Gets the tower that Hugging Face's LLaVA has when its configuration names none: ViT-L/14 at 336 pixels, LLaVA-1.5's.</summary>
    internal static VisionConfig Large336 { get; } = new() { ImageSize = 336 };

    /// <summary>The name under which a published tower is known, or null if it is none of those that LLaVA uses.</summary>
    internal static string? HubName(VisionConfig config) =>
        config == Large336 ? "openai/clip-vit-large-patch14-336" : config == new VisionConfig() ? "openai/clip-vit-large-patch14" : null;

    internal static VisionConfig? ByHubName(string name) => Array.Find([Large336, new VisionConfig()], config => HubName(config) == name);

    /// <summary>How CLIP itself makes pictures ready for a tower.</summary>
    internal static ImageProcessorOptions Pictures(VisionConfig config) => new() { ShortestEdge = config.ImageSize, CropSize = config.ImageSize };

    /// <summary>Reads <c>config.json</c> of a folder that holds a CLIP or a CLIP vision tower.</summary>
    internal static VisionConfig ReadFolder(string folder, out IEnumerable<string> warnings)
    {
        ConfigSection file = ConfigSection.Open(System.IO.Path.Combine(folder, "config.json"));
        file.Require("model_type", string.Empty, "clip", "clip_vision_model");
        file.RequireAbsent("quantization_config");
        VisionConfig vision = file.Text("model_type", string.Empty) == "clip_vision_model" ? Read(file)
            : Read(file.Section("vision_config") ?? throw file.Wrong("vision_config", "an object"), file.Positive("projection_dim", 512));
        warnings = ConfigKeys.VisionTower(file);
        return vision;
    }

    /// <summary>Reads a section. Absent keys have the defaults of Hugging Face's <c>CLIPVisionConfig</c>, which are those of ViT-B/32.</summary>
    internal static VisionConfig Read(ConfigSection c, int projectionSize = 512)
    {
        c.Require("model_type", "clip_vision_model", "clip_vision_model");
        c.Require("hidden_act", "quick_gelu", "quick_gelu");
        if (c.Positive("num_channels", 3) != 3)
        {
            throw c.Wrong("num_channels", "3");
        }

        return new VisionConfig
        {
            HiddenSize = c.Positive("hidden_size", 768),
            IntermediateSize = c.Positive("intermediate_size", 3072),
            Layers = c.Positive("num_hidden_layers", 12, MostLayers),
            Heads = c.Positive("num_attention_heads", 12),
            ImageSize = c.Positive("image_size", 224),
            PatchSize = c.Positive("patch_size", 32),
            LayerNormEpsilon = (float)c.PositiveNumber("layer_norm_eps", 1e-5),
            ProjectionSize = c.Positive("projection_dim", projectionSize),
        };
    }
}
