using LlavaCuda.Formats;
using LlavaCuda.Models;

namespace LlavaCuda.Checkpoints;

/// <summary>Reads <c>config.json</c> of a LLaVA in either form. What would silently compute other numbers here is refused.</summary>
internal static class LlavaConfigFile
{
    private const int ImageTokenDefault = 32000;

    /// <summary>Tells the two forms apart: both have used the model type <c>llava</c>.</summary>
    internal static CheckpointLayout Layout(ConfigSection c) => c.Text("model_type", string.Empty) switch
    {
        "llava" when c.Has("text_config") || c.Has("vision_config") => CheckpointLayout.HuggingFace,
        "llava" or "llava_llama" when c.Has("mm_vision_tower") || c.Has("vision_tower") || c.Has("mm_projector_type") => CheckpointLayout.Original,
        "llama" => throw c.Wrong("model_type", "llava or llava_llama: this folder holds a language model alone, which is a base for training"),
        "clip" or "clip_vision_model" => throw c.Wrong("model_type", "llava or llava_llama: this folder holds a vision tower alone"),
        _ => throw c.Wrong("model_type", "llava with text_config and vision_config (Hugging Face), or llava or llava_llama with mm_vision_tower (original)"),
    };

    internal static LlavaConfig ReadHuggingFace(ConfigSection c)
    {
        c.RequireAbsent("quantization_config");
        c.Require("projector_hidden_act", "gelu", "gelu");
        if (!c.Flag("multimodal_projector_bias", true))
        {
            throw c.Wrong("multimodal_projector_bias", "true");
        }

        VisionConfig vision = c.Section("vision_config") is { } v ? ClipConfigFile.Read(v) : ClipConfigFile.Large336;
        TextConfig text = c.Section("text_config") is { } t ? ReadText(t) : new TextConfig();
        c.Require("vision_feature_select_strategy", "default", "default", "full");
        return Valid(c, new LlavaConfig(vision, text, ProjectorConfig.Mlp2)
        {
            FeatureLayer = c.OptionalInteger("vision_feature_layer", "a whole number; several layers are not supported") ?? -2,
            FeatureSelection = c.Text("vision_feature_select_strategy", "default") == "full" ? FeatureSelection.ClsPatch : FeatureSelection.Patch,
            ImageTokenId = c.OptionalId("image_token_index") ?? c.OptionalId("image_token_id") ?? ImageTokenDefault,
        });
    }

    internal static LlavaConfig ReadOriginal(ConfigSection c, VisionConfig vision)
    {
        c.RequireOff("s2");
        c.RequireOff("mm_use_im_start_end");
        c.Require("mm_patch_merge_type", "flat", "flat");
        c.Require("mm_vision_select_feature", "patch", "patch", "cls_patch");
        if (c.Has("mm_hidden_size") && c.Positive("mm_hidden_size", 1) != vision.HiddenSize)
        {
            throw c.Wrong("mm_hidden_size", $"{vision.HiddenSize}, the width of the vision tower");
        }

        ProjectorConfig projector;
        try
        {
            projector = ProjectorConfig.Parse(c.Text("mm_projector_type", "linear"));
        }
        catch (InvalidDataException)
        {
            throw c.Wrong("mm_projector_type", "linear, mlpNx_gelu or identity");
        }

        return Valid(c, new LlavaConfig(vision, LlamaConfigFile.Read(c), projector)
        {
            FeatureLayer = c.OptionalInteger("mm_vision_select_layer") ?? throw c.Wrong("mm_vision_select_layer", "a whole number"),
            FeatureSelection = c.Text("mm_vision_select_feature", "patch") == "cls_patch" ? FeatureSelection.ClsPatch : FeatureSelection.Patch,
        });
    }

    /// <summary>How pictures that are not square become square: <c>pad</c>, or <c>square</c> for a crop. Hugging Face's own files say it only in the picture settings; ours do here, too.</summary>
    internal static string ImageAspectRatio(ConfigSection c, string fallback = "square")
    {
        c.Require("image_aspect_ratio", fallback, "square", "pad");
        return c.Text("image_aspect_ratio", fallback);
    }

    internal static bool TiesHead(ConfigSection c) => c.Flag("tie_word_embeddings", false) || c.Section("text_config")?.Flag("tie_word_embeddings", false) == true;

    internal static LlavaConfig Valid(ConfigSection c, LlavaConfig config)
    {
        try
        {
            return config.Validate();
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{c.Path}: {e.Message}", e);
        }
    }

    private static TextConfig ReadText(ConfigSection t)
    {
        t.Require("model_type", "llama", "llama");
        return LlamaConfigFile.Read(t);
    }
}
