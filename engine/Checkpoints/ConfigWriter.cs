using System.Text.Json;
using LlavaCuda.Images;
using LlavaCuda.Models;
using LlavaCuda.Tensors;

namespace LlavaCuda.Checkpoints;

/// <summary>Writes the configuration files of both layouts, with the keys that versions 4 and 5 of Hugging Face's library and the original LLaVA read.</summary>
internal static class ConfigWriter
{
    internal static void Write(AtomicFolder folder, string name, Action<Utf8JsonWriter> write) => folder.WriteFile(name, stream =>
    {
        using (Utf8JsonWriter json = new(stream, ConfigText.Indented))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        stream.Write("\n"u8);
    });

    internal static void HuggingFace(Utf8JsonWriter json, LlavaConfig config, HuggingFaceVocabulary vocabulary, SaveOptions options)
    {
        Architecture(json, "LlavaForConditionalGeneration", "llava");
        ElementType(json, options.Type);
        json.WriteNumber("ignore_index", -100);
        json.WriteString("image_aspect_ratio", AspectName(options.ImagesFor(config).Aspect));
        json.WriteNumber("image_seq_length", config.RowsPerImage);
        json.WriteNumber("image_token_index", vocabulary.ImageTokenId);
        json.WriteBoolean("multimodal_projector_bias", true);
        OptionalNumber(json, "pad_token_id", vocabulary.PadTokenId);
        json.WriteString("projector_hidden_act", "gelu");
        json.WriteBoolean("tie_word_embeddings", false);
        json.WriteNumber("vision_feature_layer", config.FeatureLayer);
        json.WriteString("vision_feature_select_strategy", SelectionName(config));
        json.WriteStartObject("text_config");
        Architecture(json, "LlamaForCausalLM", "llama");
        Text(json, config.Text, vocabulary.Size, vocabulary.PadTokenId);
        ElementType(json, options.Type);
        json.WriteEndObject();
        json.WriteStartObject("vision_config");
        Vision(json, config.Vision);
        json.WriteEndObject();
    }

    internal static void Original(Utf8JsonWriter json, LlavaConfig config, SaveOptions options, bool holdsTower)
    {
        Architecture(json, "LlavaLlamaForCausalLM", "llava_llama");
        Text(json, config.Text, config.Text.VocabularySize, config.Text.PadTokenId);
        ElementType(json, options.Type);
        json.WriteString("image_aspect_ratio", AspectName(options.ImagesFor(config).Aspect));
        json.WriteNumber("mm_hidden_size", config.Vision.HiddenSize);
        json.WriteString("mm_projector_type", config.Projector.ToString());
        json.WriteBoolean("mm_use_im_patch_token", false);
        json.WriteBoolean("mm_use_im_start_end", false);
        json.WriteString("mm_vision_select_feature", config.FeatureSelection == FeatureSelection.Patch ? "patch" : "cls_patch");
        json.WriteNumber("mm_vision_select_layer", config.FeatureLayer);
        json.WriteString("mm_vision_tower", options.VisionTower ?? ClipConfigFile.HubName(config.Vision) ?? string.Empty);
        json.WriteBoolean("unfreeze_mm_vision_tower", holdsTower);
        json.WriteBoolean("use_mm_proj", true);
        if (holdsTower)
        {
            json.WriteStartObject("vision_config");
            Vision(json, config.Vision);
            json.WriteEndObject();
        }
    }

    internal static void Generation(Utf8JsonWriter json, TextConfig text, int? pad)
    {
        // No sampling values: the library refuses to save a model that has them without do_sample.
        json.WriteNumber("bos_token_id", text.BosTokenId);
        EndTokens(json, text);
        OptionalNumber(json, "pad_token_id", pad);
    }

    internal static void Processor(Utf8JsonWriter json, LlavaConfig config)
    {
        json.WriteString("image_token", "<image>");
        json.WriteNumber("num_additional_image_tokens", 1);
        json.WriteNumber("patch_size", config.Vision.PatchSize);
        json.WriteString("processor_class", "LlavaProcessor");
        json.WriteString("vision_feature_select_strategy", SelectionName(config));
    }

    private static void Text(Utf8JsonWriter json, TextConfig text, int vocabulary, int? pad)
    {
        json.WriteBoolean("attention_bias", false);
        json.WriteNumber("attention_dropout", 0.0);
        json.WriteNumber("bos_token_id", text.BosTokenId);
        EndTokens(json, text);
        json.WriteNumber("head_dim", text.HeadSize);
        json.WriteString("hidden_act", "silu");
        json.WriteNumber("hidden_size", text.HiddenSize);
        json.WriteNumber("initializer_range", 0.02);
        json.WriteNumber("intermediate_size", text.IntermediateSize);
        json.WriteNumber("max_position_embeddings", text.RopeScaling is { Kind: RopeScalingKind.Linear, OriginalPositions: var original } ? original : text.MaxPositions);
        json.WriteBoolean("mlp_bias", false);
        json.WriteNumber("num_attention_heads", text.Heads);
        json.WriteNumber("num_hidden_layers", text.Layers);
        json.WriteNumber("num_key_value_heads", text.KvHeads);
        OptionalNumber(json, "pad_token_id", pad);
        json.WriteNumber("rms_norm_eps", Decimal(text.RmsNormEpsilon));
        Rotary(json, text);
        json.WriteNumber("rope_theta", text.RopeTheta);
        json.WriteBoolean("tie_word_embeddings", false);
        json.WriteBoolean("use_cache", true);
        json.WriteNumber("vocab_size", vocabulary);
    }

    // Version 5 reads the first, version 4 the second and the base beside it, but not where there is no scaling.
    private static void Rotary(Utf8JsonWriter json, TextConfig text)
    {
        json.WriteStartObject("rope_parameters");
        json.WriteNumber("rope_theta", text.RopeTheta);
        Scaling(json, text.RopeScaling);
        json.WriteEndObject();
        if (text.RopeScaling is { } scaling)
        {
            json.WriteStartObject("rope_scaling");
            json.WriteNumber("rope_theta", text.RopeTheta);
            Scaling(json, scaling);
            if (scaling.Kind != RopeScalingKind.Llama3)
            {
                json.WriteString("type", ScalingName(scaling));
            }

            json.WriteEndObject();
        }
    }

    private static void Scaling(Utf8JsonWriter json, RopeScaling? scaling)
    {
        json.WriteString("rope_type", scaling is null ? "default" : ScalingName(scaling));
        if (scaling is not null)
        {
            json.WriteNumber("factor", scaling.Factor);
        }

        if (scaling is { Kind: RopeScalingKind.Llama3 })
        {
            json.WriteNumber("low_freq_factor", scaling.LowFrequencyFactor);
            json.WriteNumber("high_freq_factor", scaling.HighFrequencyFactor);
            json.WriteNumber("original_max_position_embeddings", scaling.OriginalPositions);
        }
    }

    private static string ScalingName(RopeScaling scaling) => scaling.Kind.ToString().ToLowerInvariant();

    private static void EndTokens(Utf8JsonWriter json, TextConfig text)
    {
        if (text.OtherEosTokenIds.Count == 0)
        {
            json.WriteNumber("eos_token_id", text.EosTokenId);
            return;
        }

        json.WriteStartArray("eos_token_id");
        json.WriteNumberValue(text.EosTokenId);
        foreach (int id in text.OtherEosTokenIds)
        {
            json.WriteNumberValue(id);
        }

        json.WriteEndArray();
    }

    private static void Vision(Utf8JsonWriter json, VisionConfig vision)
    {
        json.WriteString("model_type", "clip_vision_model");
        json.WriteNumber("attention_dropout", 0.0);
        json.WriteString("hidden_act", "quick_gelu");
        json.WriteNumber("hidden_size", vision.HiddenSize);
        json.WriteNumber("image_size", vision.ImageSize);
        json.WriteNumber("intermediate_size", vision.IntermediateSize);
        json.WriteNumber("layer_norm_eps", Decimal(vision.LayerNormEpsilon));
        json.WriteNumber("num_attention_heads", vision.Heads);
        json.WriteNumber("num_channels", 3);
        json.WriteNumber("num_hidden_layers", vision.Layers);
        json.WriteNumber("patch_size", vision.PatchSize);
        json.WriteNumber("projection_dim", vision.ProjectionSize);
    }

    private static void Architecture(Utf8JsonWriter json, string architecture, string type)
    {
        json.WriteStartArray("architectures");
        json.WriteStringValue(architecture);
        json.WriteEndArray();
        json.WriteString("model_type", type);
    }

    // Version 5 reads the one, version 4 the other.
    private static void ElementType(Utf8JsonWriter json, DType type)
    {
        string name = type switch
        {
            DType.BF16 => "bfloat16",
            DType.F16 => "float16",
            _ => "float32",
        };
        json.WriteString("dtype", name);
        json.WriteString("torch_dtype", name);
    }

    // The shortest decimal of the single: 1e-05 stays 1e-05.
    private static double Decimal(float value) => double.Parse(value.ToString("R", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);

    internal static string AspectName(ImageAspect aspect) => aspect == ImageAspect.Pad ? "pad" : "square";

    private static string SelectionName(LlavaConfig config) => config.FeatureSelection == FeatureSelection.Patch ? "default" : "full";

    private static void OptionalNumber(Utf8JsonWriter json, string key, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(key, number);
        }
    }
}
