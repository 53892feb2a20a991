using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Checkpoints;

/// <summary>
/// Finds what a model's configuration files say that nothing here reads. Keys that change no number are passed over, for others there is a warning: what a file asks for is used, refused or warned of.
/// </summary>
internal static class ConfigKeys
{
    // What Hugging Face's library keeps with every configuration: where it comes from, what forward passes return, the classes of classifiers, defaults of generation.
    private static readonly string[] EveryConfig =
    [
        "_name_or_path", "_commit_hash", "_attn_implementation", "_attn_implementation_autoset", "attn_implementation", "_from_model_config", "architectures", "transformers_version",
        "torch_dtype", "dtype", "use_cache", "output_attentions", "output_hidden_states", "output_scores", "return_dict", "return_dict_in_generate", "torchscript", "use_bfloat16",
        "tf_legacy_loss", "tie_encoder_decoder", "is_decoder", "is_encoder_decoder", "chunk_size_feed_forward", "gradient_checkpointing", "finetuning_task", "id2label", "label2id", "num_labels",
        "problem_type", "task_specific_params", "tokenizer_class", "prefix", "initializer_range", "initializer_factor", "pretraining_tp", "decoder_start_token_id", "sep_token_id",
        "cross_attention_hidden_size", "keys_to_ignore_at_inference", "max_length", "min_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty",
        "temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "num_return_sequences",
        "remove_invalid_values", "exponential_decay_length_penalty", "forced_bos_token_id", "forced_eos_token_id", "suppress_tokens", "begin_suppress_tokens", "bad_words_ids",
        "max_sequence_length", "logit_scale_init_value", "ignore_index",
    ];

    private static readonly string[] Llava = ["image_seq_length", "text_config", "vision_config", "pad_token_id", "bos_token_id", "eos_token_id"];

    // Of the original's training; its tokens for patches are in the vocabulary or are not used.
    private static readonly string[] Original =
    [
        "freeze_mm_mlp_adapter", "freeze_mm_vision_resampler", "mm_projector_lr", "mm_resampler_type", "mm_use_im_patch_token", "tokenizer_model_max_length", "tokenizer_padding_side",
        "tune_mm_mlp_adapter", "tune_mm_vision_resampler", "use_mm_proj", "vision_config", "mm_vision_tower_lr", "image_grid_pinpoints", "image_crop_resolution", "image_split_resolution",
    ];

    private static readonly string[] Clip = ["vocab_size", "tie_word_embeddings", "text_config", "text_config_dict", "vision_config_dict", "bos_token_id", "eos_token_id", "pad_token_id"];

    private static readonly string[] Processor = ["num_additional_image_tokens", "image_processor", "chat_template"];

    private static readonly string[] Images =
    [
        "_valid_processor_keys", "processor_class", "return_tensors", "input_data_format", "device", "disable_grouping", "default_to_square", "size_divisor", "pad_size", "image_seq_length",
    ];

    // Greedy answers depend on none of these, or only where the key below them is set.
    private static readonly string[] Generation =
    [
        "bos_token_id", "pad_token_id", "decoder_start_token_id", "max_length", "max_new_tokens", "max_time", "temperature", "top_k", "top_p", "typical_p", "min_p", "epsilon_cutoff", "eta_cutoff",
        "length_penalty", "early_stopping", "num_return_sequences", "cache_implementation", "renormalize_logits", "transformers_version", "_from_model_config", "use_cache", "output_attentions",
        "output_hidden_states", "output_scores", "output_logits", "return_dict_in_generate", "trust_remote_code", "chat_format",
    ];

    // Values at which a key asks for nothing, besides null, false, zero and empty ones.
    private static readonly Dictionary<string, double> Neutral = new(StringComparer.Ordinal)
    {
        ["repetition_penalty"] = 1,
        ["encoder_repetition_penalty"] = 1,
        ["num_beams"] = 1,
        ["num_beam_groups"] = 1,
        ["guidance_scale"] = 1,
    };

    /// <summary>What <c>config.json</c> of Hugging Face's LLaVA says in vain.</summary>
    internal static IEnumerable<string> HuggingFace(ConfigSection c) =>
        Unused(c, Llava).Concat(c.Section("text_config") is { } text ? LanguageModel(text) : []).Concat(c.Section("vision_config") is { } vision ? VisionTower(vision) : []);

    /// <summary>What <c>config.json</c> of an original LLaVA says in vain.</summary>
    internal static IEnumerable<string> OriginalLlava(ConfigSection c) => Unused(c, Original).Concat(Rotary(c));

    /// <summary>What the configuration of a language model says in vain.</summary>
    internal static IEnumerable<string> LanguageModel(ConfigSection c) => Unused(c).Concat(Rotary(c));

    /// <summary>What the configuration of a CLIP or of its tower says in vain.</summary>
    internal static IEnumerable<string> VisionTower(ConfigSection c) => Unused(c, Clip).Concat(c.Section("vision_config") is { } vision ? Unused(vision, Clip) : []);

    /// <summary>What <c>processor_config.json</c> says in vain.</summary>
    internal static IEnumerable<string> OfProcessor(ConfigSection c) => Unused(c, Processor);

    /// <summary>What <c>preprocessor_config.json</c> says in vain.</summary>
    internal static IEnumerable<string> OfImages(ConfigSection c) => Unused(c, Images).Concat(Nested(c, "size", "crop_size"));

    /// <summary>What <c>llava_manifest.json</c> says in vain.</summary>
    internal static IEnumerable<string> OfManifest(ConfigSection c) => Describe(c, c.NotLookedUp);

    /// <summary>What <c>generation_config.json</c> asks for that answers do not follow: they are greedy unless options say otherwise.</summary>
    internal static IEnumerable<string> OfGeneration(ConfigSection c) => Describe(c, c.NotLookedUp.Where(static entry => !Generation.Contains(entry.Key)));

    private static IEnumerable<string> Rotary(ConfigSection c) => Nested(c, "rope_parameters", "rope_scaling");

    private static IEnumerable<string> Nested(ConfigSection c, params string[] keys) =>
        keys.SelectMany(key => c.Kind(key) == JsonValueKind.Object ? Describe(c.Section(key)!.Value, c.Section(key)!.Value.NotLookedUp) : []);

    private static IEnumerable<string> Unused(ConfigSection c, params string[] harmless) =>
        Describe(c, c.NotLookedUp.Where(entry => !EveryConfig.Contains(entry.Key) && !harmless.Contains(entry.Key)));

    private static IEnumerable<string> Describe(ConfigSection c, IEnumerable<(string Key, JsonElement Value)> entries) =>
        entries.Where(static entry => !AsksForNothing(entry.Key, entry.Value)).Select(entry => c.Describe(entry.Key, "it is not used"));

    private static bool AsksForNothing(string key, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Number => value.TryGetDouble(out double number) && number == Neutral.GetValueOrDefault(key),
        JsonValueKind.String => value.GetString()!.Length == 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };
}
