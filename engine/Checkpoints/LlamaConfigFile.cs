using LlavaCuda.Formats;
using LlavaCuda.Models;

namespace LlavaCuda.Checkpoints;

/// <summary>Reads the keys of a LLaMA: a Vicuna's whole file, the same keys in an original LLaVA's file, or <c>text_config</c> of Hugging Face's. Absent keys have that library's defaults.</summary>
internal static class LlamaConfigFile
{
    private const int MostLayers = 4096;
    private const int MostPositions = 1 << 26;

    internal static TextConfig Read(ConfigSection c)
    {
        c.Require("hidden_act", "silu", "silu");
        c.RequireOff("attention_bias");
        c.RequireOff("mlp_bias");
        c.RequireAbsent("sliding_window");
        c.RequireAbsent("quantization_config");
        c.RequireOff("add_cross_attention");
        int width = c.Positive("hidden_size", 4096);
        int heads = c.Positive("num_attention_heads", 32);
        if (!c.Has("head_dim") && width % heads != 0)
        {
            throw c.Wrong("num_attention_heads", $"a divisor of hidden_size {width}");
        }

        int positions = c.Positive("max_position_embeddings", 2048);
        ConfigSection rope = Rope(c);
        RopeScaling? scaling = Scaling(rope, positions);
        int[] ends = EndTokens(c) ?? [2];
        return new TextConfig
        {
            HiddenSize = width,
            IntermediateSize = c.Positive("intermediate_size", 11008),
            Layers = c.Positive("num_hidden_layers", 32, MostLayers),
            Heads = heads,
            KvHeads = c.Positive("num_key_value_heads", heads),
            HeadSize = c.Positive("head_dim", width / heads),
            VocabularySize = c.Positive("vocab_size", 32000),
            MaxPositions = scaling is { Kind: RopeScalingKind.Linear } ? (int)Math.Min(positions * scaling.Factor, MostPositions) : positions,
            RmsNormEpsilon = (float)c.PositiveNumber("rms_norm_eps", 1e-6),
            RopeTheta = Theta(c, rope),
            RopeScaling = scaling,
            BosTokenId = c.OptionalId("bos_token_id") ?? 1,
            EosTokenId = ends[0],
            OtherEosTokenIds = new(ends[1..]),
            PadTokenId = c.OptionalPad(),
        };
    }

    /// <summary>The ids that end an answer: one, or a list of them; null where the key is absent.</summary>
    internal static int[]? EndTokens(ConfigSection c)
    {
        const string Expected = "a token id, or a list of them";
        int[]? ids = c.OptionalIntegers("eos_token_id", Expected);
        return ids is null || (ids.Length > 0 && Array.TrueForAll(ids, static id => id >= 0)) ? ids : throw c.Wrong("eos_token_id", Expected);
    }

    // Version 4 of Hugging Face's library has the one key, version 5 the other; where both are, they must say the same.
    private static ConfigSection Rope(ConfigSection c)
    {
        ConfigSection? older = c.Section("rope_scaling"), newer = c.Section("rope_parameters");
        if (older is { } one && newer is { } other && (Kind(one) != Kind(other) || one.OptionalNumber("factor") != other.OptionalNumber("factor")))
        {
            throw c.Wrong("rope_scaling", "the same as in rope_parameters, or only one of the two");
        }

        return newer ?? older ?? ConfigSection.Empty;
    }

    private static double Theta(ConfigSection c, ConfigSection rope)
    {
        double inside = rope.PositiveNumber("rope_theta", c.PositiveNumber("rope_theta", 10000));
        return c.PositiveNumber("rope_theta", inside) == inside ? inside : throw c.Wrong("rope_theta", $"the same as in {(c.Has("rope_parameters") ? "rope_parameters" : "rope_scaling")}, or only one of the two");
    }

    private static string Kind(ConfigSection rope)
    {
        const string Expected = "default, linear, dynamic or llama3";
        string kind = rope.OptionalText("rope_type") ?? rope.Text("type", "default");
        return kind is not ("default" or "linear" or "dynamic" or "llama3") ? throw rope.Wrong(rope.Has("rope_type") ? "rope_type" : "type", Expected)
            : rope.Text("type", kind) == kind ? kind : throw rope.Wrong("type", $"{kind}, as rope_type says");
    }

    private static RopeScaling? Scaling(ConfigSection rope, int positions)
    {
        if (rope.PositiveNumber("partial_rotary_factor", 1) != 1)
        {
            throw rope.Wrong("partial_rotary_factor", "1");
        }

        string kind = Kind(rope);
        if (kind == "default")
        {
            return null;
        }

        double factor = rope.OptionalNumber("factor") is >= 1 and <= 1 << 20 and var number ? number : throw rope.Wrong("factor", "a number from 1");
        if (kind != "llama3")
        {
            return new(kind == "linear" ? RopeScalingKind.Linear : RopeScalingKind.Dynamic, factor, positions);
        }

        double low = Needed("low_freq_factor"), high = Needed("high_freq_factor");
        return low >= high ? throw rope.Wrong("high_freq_factor", "more than low_freq_factor")
            : new(RopeScalingKind.Llama3, factor, rope.Positive("original_max_position_embeddings", positions)) { LowFrequencyFactor = low, HighFrequencyFactor = high };

        double Needed(string key) => rope.Has(key) ? rope.PositiveNumber(key, 1) : throw rope.Wrong(key, "a positive number");
    }

    // Some LLaMA conversions write -1 for "none".
    private static int? OptionalPad(this ConfigSection c) => c.OptionalInteger("pad_token_id") is >= 0 and var id ? id : null;
}
