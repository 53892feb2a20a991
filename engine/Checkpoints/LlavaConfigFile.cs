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
        if (c.Has("vocab_size") && c.Positive("vocab_size", 1) != text.VocabularySize)
        {
            throw c.Wrong("vocab_size", $"{text.VocabularySize}, as text_config says");
        }

        c.Require("vision_feature_select_strategy", "default", "default", "full");
        return Valid(c, new LlavaConfig(vision, text, ProjectorConfig.Mlp2)
        {
            FeatureLayer = FeatureLayer(c),
            FeatureSelection = c.Text("vision_feature_select_strategy", "default") == "full" ? FeatureSelection.ClsPatch : FeatureSelection.Patch,
            ImageTokenId = ImageToken(c, text.VocabularySize),
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

        return Valid(c, new LlavaConfig(vision, LlamaConfigFile.Read(c), Projector(c))
        {
            FeatureLayer = c.OptionalInteger("mm_vision_select_layer") ?? throw c.Wrong("mm_vision_select_layer", "a whole number"),
            FeatureSelection = c.Text("mm_vision_select_feature", "patch") == "cls_patch" ? FeatureSelection.ClsPatch : FeatureSelection.Patch,
        });
    }

    /// <summary>The kind of projector that an original LLaVA's file names.</summary>
    internal static ProjectorConfig Projector(ConfigSection c)
    {
        try
        {
            return ProjectorConfig.Parse(c.Text("mm_projector_type", "linear"));
        }
        catch (InvalidDataException)
        {
            throw c.Wrong("mm_projector_type", "linear, mlpNx_gelu or identity");
        }
    }

    /// <summary>How pictures that are not square become square: <c>pad</c>, or <c>square</c> for a crop. Hugging Face's own files say it only in the picture settings; ours do here, too.</summary>
    internal static string ImageAspectRatio(ConfigSection c, string fallback = "square")
    {
        c.Require("image_aspect_ratio", fallback, "square", "pad");
        return c.Text("image_aspect_ratio", fallback);
    }

    internal static bool TiesHead(ConfigSection c) => c.Flag("tie_word_embeddings", false) | c.Section("text_config")?.Flag("tie_word_embeddings", false) == true;

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

    /// <summary>What of an image's place the configuration calls it: the key, for messages.</summary>
    internal static string ImageTokenKey(ConfigSection c) => c.Has("image_token_index") || !c.Has("image_token_id") ? "image_token_index" : "image_token_id";

    // Features of several layers would be one row; a list of one is what some programs write.
    private static int FeatureLayer(ConfigSection c)
    {
        const string Expected = "a whole number, or a list of one: several layers are not supported";
        return c.OptionalIntegers("vision_feature_layer", Expected) switch
        {
            null => -2,
            [int layer] => layer,
            _ => throw c.Wrong("vision_feature_layer", Expected),
        };
    }

    // Where the key is absent, the library's default holds if the vocabulary reaches that far; else the tokenizer has to say it.
    private static int? ImageToken(ConfigSection c, int vocabulary)
    {
        int? index = c.OptionalId("image_token_index"), id = c.OptionalId("image_token_id");
        return index is not null && id is not null && index != id ? throw c.Wrong("image_token_id", $"{index}, as image_token_index says")
            : index ?? id ?? (ImageTokenDefault < vocabulary ? ImageTokenDefault : null);
    }

    private static TextConfig ReadText(ConfigSection t)
    {
        t.Require("model_type", "llama", "llama");
        return LlamaConfigFile.Read(t);
    }
}
