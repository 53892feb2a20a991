using System.Globalization;
using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Text;

/// <summary>The JSON files beside a <c>tokenizer.model</c>; a missing file is an empty one.</summary>
internal sealed class TokenizerConfig
{
    // Where the tokenizer comes from, how other programs pad, cut and decode, and what they say with it. All of it is written back.
    private static readonly string[] Harmless =
    [
        "chat_template", "processor_class", "name_or_path", "special_tokens_map_file", "tokenizer_file", "vocab_file", "use_default_system_prompt", "model_input_names", "truncation_side", "use_fast",
        "backend", "is_local", "local_files_only", "trust_remote_code", "sep_token", "cls_token", "mask_token", "image_token", "_from_auto", "_commit_hash", "max_length", "pad_to_multiple_of",
        "pad_token_type_id", "stride", "truncation", "truncation_strategy", "spaces_between_special_tokens",
    ];

    private static readonly string[] Classes = ["LlamaTokenizer", "LlamaTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend"];

    private static readonly string[] OwnKeys =
    [
        "tokenizer_class", "legacy", "add_bos_token", "add_eos_token", "bos_token", "eos_token", "pad_token", "unk_token",
        "model_max_length", "padding_side", "added_tokens_decoder",
    ];

    private readonly ConfigSection _config;
    private readonly ConfigSection _special;
    private readonly ConfigSection _added;
    private readonly List<string> _warnings = [];

    public TokenizerConfig(string folder)
    {
        _config = ConfigSection.OpenOrEmpty(Path.Combine(folder, "tokenizer_config.json"));
        _special = ConfigSection.OpenOrEmpty(Path.Combine(folder, "special_tokens_map.json"));
        _added = ConfigSection.OpenOrEmpty(Path.Combine(folder, "added_tokens.json"));
    }

    public LlavaTokenizerOptions ReadOptions(SentencePieceModel model) => new()
    {
        Legacy = _config.Flag("legacy", true),
        AddBos = _config.Flag("add_bos_token", true),
        MaxLength = ReadMaxLength(),
        BosToken = ReadToken("bos_token") ?? PieceAt(model, model.BeginId, "<s>"),
        EosToken = ReadToken("eos_token") ?? PieceAt(model, model.EndId, "</s>"),
        UnkToken = ReadToken("unk_token") ?? PieceAt(model, model.UnknownId, "<unk>"),
        PadToken = ReadToken("pad_token"),
        AddedTokens = ReadAdded(),
    };

    public Dictionary<string, JsonElement> Unread() =>
        _config.Entries.Where(entry => !OwnKeys.Contains(entry.Key)).ToDictionary(entry => entry.Key, entry => entry.Value);

    /// <summary>One line each of what the files say that is not used.</summary>
    public IReadOnlyList<string> Warnings(LlavaTokenizer tokenizer)
    {
        List<string> warnings = [.. _warnings];
        if (_config.OptionalText("tokenizer_class") is { } name && !Classes.Contains(name))
        {
            warnings.Add(_config.Describe("tokenizer_class", "the vocabulary is read as LlamaTokenizer reads it"));
        }

        if (_config.Flag("add_eos_token", false))
        {
            warnings.Add(_config.Describe("add_eos_token", "no end token is added to prompts"));
        }

        if (_config.Flag("add_prefix_space", tokenizer.Model.AddDummyPrefix) != tokenizer.Model.AddDummyPrefix)
        {
            warnings.Add(_config.Describe("add_prefix_space", "tokenizer.model says otherwise and is followed"));
        }

        foreach (string key in (ReadOnlySpan<string>)["bos_token", "eos_token", "unk_token", "pad_token"])
        {
            if (_config.Has(key) && ReadToken(_special, key) is { } other && other != ReadToken(_config, key))
            {
                warnings.Add(_special.Describe(key, "tokenizer_config.json says otherwise and is followed"));
            }
        }

        foreach (ConfigSection file in (ConfigSection[])[_config, _special])
        {
            foreach (string key in (ReadOnlySpan<string>)["additional_special_tokens", "extra_special_tokens"])
            {
                if (file.Has(key) && !ReadSpecial(file, key).All(token => tokenizer.FindId(token) is not null))
                {
                    warnings.Add(file.Describe(key, "those that have no id are not used"));
                }
            }

            warnings.AddRange(file.NotLookedUp.Where(static entry => !Harmless.Contains(entry.Key) && !OwnKeys.Contains(entry.Key) && !IsOff(entry.Value)).Select(entry => file.Describe(entry.Key, "it is not used")));
        }

        return warnings;
    }

    private static IEnumerable<string> ReadSpecial(ConfigSection file, string key) =>
        file.Entries.First(entry => entry.Key == key).Value switch
        {
            { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Select(static token => TextOf(token)),
            { ValueKind: JsonValueKind.Object } named => named.EnumerateObject().Select(static token => TextOf(token.Value)),
            _ => throw file.Wrong(key, "a list of tokens"),
        };

    private static string TextOf(JsonElement token) => token.ValueKind == JsonValueKind.String ? token.GetString()!
        : token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String ? content.GetString()!
        : string.Empty;

    private static bool IsOff(JsonElement value) => value.ValueKind is JsonValueKind.Null or JsonValueKind.False
        || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0) || (value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any());

    private static string PieceAt(SentencePieceModel model, int id, string missing) => id >= 0 ? model.Pieces[id].Text : missing;

    /// <summary>Folders without a limit carry a number like 1e30.</summary>
    private int? ReadMaxLength() => _config.OptionalNumber("model_max_length") switch
    {
        null => null,
        < 1 => throw _config.Wrong("model_max_length", "a positive number"),
        < int.MaxValue and var length => (int)length,
        _ => null,
    };

    private string? ReadToken(string key) => _config.Has(key) ? ReadToken(_config, key) : ReadToken(_special, key);

    private static string? ReadToken(ConfigSection file, string key)
    {
        const string Expected = "a string, or an object with a string 'content'";
        string? token = file.Kind(key) == JsonValueKind.Object ? file.Section(key)!.Value.OptionalText("content") : file.OptionalText(key, Expected);
        return token?.Length != 0 ? token : throw file.Wrong(key, Expected);
    }

    private List<AddedToken> ReadAdded()
    {
        List<AddedToken> tokens = [];
        HashSet<(string, int)> known = [];
        ConfigSection decoder = _config.Section("added_tokens_decoder") ?? ConfigSection.Empty;
        foreach ((string key, JsonElement value) in decoder.Entries)
        {
            ConfigSection entry = decoder.Section(key, value, "an object with a string 'content'");
            AddedToken token = new(
                entry.OptionalText("content") ?? throw entry.Wrong("content", "a string"),
                int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : throw decoder.Wrong(key, "an id as the key"))
            {
                Special = entry.Flag("special", false),
                StripLeft = entry.Flag("lstrip", false),
                StripRight = entry.Flag("rstrip", false),
            };
            if (entry.Flag("single_word", false))
            {
                _warnings.Add(entry.Describe("single_word", "the token is found within words, too"));
            }

            tokens.Add(token);
            known.Add((token.Content, token.Id));
        }

        foreach ((string content, JsonElement value) in _added.Entries)
        {
            int id = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw _added.Wrong(content, "an id");

            // The older file repeats what the newer key says, with less detail.
            if (known.Add((content, id)))
            {
                tokens.Add(new AddedToken(content, id));
            }
        }

        return tokens;
    }
}
