using LlavaCuda.Formats;
using LlavaCuda.Models;

namespace LlavaCuda.Checkpoints;

/// <summary>Reads the keys of a LLaMA: a Vicuna's whole file, the same keys in an original LLaVA's file, or <c>text_config</c> of Hugging Face's. Absent keys have that library's defaults.</summary>
internal static class LlamaConfigFile
{
    private const int MostLayers = 4096;

    internal static TextConfig Read(ConfigSection c)
    {
        c.Require("hidden_act", "silu", "silu");
        c.RequireOff("attention_bias");
        c.RequireOff("mlp_bias");
        c.RequireAbsent("sliding_window");
        c.RequireAbsent("quantization_config");
        c.Section("rope_scaling")?.RequirePlainRope();
        ConfigSection? rope = c.Section("rope_parameters");
        rope?.RequirePlainRope();
        int width = c.Positive("hidden_size", 4096);
        int heads = c.Positive("num_attention_heads", 32);
        if (!c.Has("head_dim") && width % heads != 0)
        {
            throw c.Wrong("num_attention_heads", $"a divisor of hidden_size {width}");
        }

        return new TextConfig
        {
            HiddenSize = width,
            IntermediateSize = c.Positive("intermediate_size", 11008),
            Layers = c.Positive("num_hidden_layers", 32, MostLayers),
            Heads = heads,
            KvHeads = c.Positive("num_key_value_heads", heads),
            HeadSize = c.Positive("head_dim", width / heads),
            VocabularySize = c.Positive("vocab_size", 32000),
            MaxPositions = c.Positive("max_position_embeddings", 2048),
            RmsNormEpsilon = (float)c.PositiveNumber("rms_norm_eps", 1e-6),
            RopeTheta = rope is { } r && r.Has("rope_theta") ? r.PositiveNumber("rope_theta", 10000) : c.PositiveNumber("rope_theta", 10000),
            BosTokenId = c.OptionalId("bos_token_id") ?? 1,
            EosTokenId = c.OptionalId("eos_token_id") ?? 2,
            PadTokenId = c.OptionalPad(),
        };
    }

    private static void RequirePlainRope(this ConfigSection rope)
    {
        rope.Require("rope_type", "default", "default");
        rope.Require("type", "default", "default");
        if (rope.PositiveNumber("partial_rotary_factor", 1) != 1)
        {
            throw rope.Wrong("partial_rotary_factor", "1");
        }
    }

    // Some LLaMA conversions write -1 for "none".
    private static int? OptionalPad(this ConfigSection c) => c.OptionalInteger("pad_token_id") is >= 0 and var id ? id : null;
}
