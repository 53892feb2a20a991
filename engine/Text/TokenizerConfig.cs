using System.Globalization;
using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Text;

/// <summary>The JSON files beside a <c>tokenizer.model</c>; a missing file is an empty one.</summary>
internal sealed class TokenizerConfig
{
    private static readonly string[] OwnKeys =
    [
        "tokenizer_class", "legacy", "add_bos_token", "add_eos_token", "bos_token", "eos_token", "pad_token", "unk_token",
        "model_max_length", "padding_side", "added_tokens_decoder",
    ];

    private readonly ConfigSection _config;
    private readonly ConfigSection _special;
    private readonly ConfigSection _added;

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
