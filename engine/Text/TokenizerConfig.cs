using System.Globalization;
using System.Text.Json;

namespace LlavaCuda.Text;

/// <summary>The JSON files beside a <c>tokenizer.model</c>; a missing file is an empty one.</summary>
internal sealed class TokenizerConfig
{
    private static readonly string[] OwnKeys =
    [
        "tokenizer_class", "legacy", "add_bos_token", "add_eos_token", "bos_token", "eos_token", "pad_token", "unk_token",
        "model_max_length", "padding_side", "added_tokens_decoder",
    ];

    private readonly string _configPath;
    private readonly string _addedPath;
    private readonly JsonElement _config;
    private readonly JsonElement _special;
    private readonly JsonElement _added;

    public TokenizerConfig(string folder)
    {
        _configPath = Path.Combine(folder, "tokenizer_config.json");
        _addedPath = Path.Combine(folder, "added_tokens.json");
        _config = ReadObject(_configPath);
        _special = ReadObject(Path.Combine(folder, "special_tokens_map.json"));
        _added = ReadObject(_addedPath);
    }

    public LlavaTokenizerOptions ReadOptions(SentencePieceModel model) => new()
    {
        Legacy = ReadFlag("legacy", missing: true),
        AddBos = ReadFlag("add_bos_token", missing: true),
        MaxLength = ReadMaxLength(),
        BosToken = ReadToken("bos_token") ?? PieceAt(model, model.BeginId, "<s>"),
        EosToken = ReadToken("eos_token") ?? PieceAt(model, model.EndId, "</s>"),
        UnkToken = ReadToken("unk_token") ?? PieceAt(model, model.UnknownId, "<unk>"),
        PadToken = ReadToken("pad_token"),
        AddedTokens = ReadAdded(),
    };

    public Dictionary<string, JsonElement> Unread() =>
        _config.EnumerateObject().Where(p => !OwnKeys.Contains(p.Name)).DistinctBy(p => p.Name).ToDictionary(p => p.Name, p => p.Value);

    private static string PieceAt(SentencePieceModel model, int id, string missing) => id >= 0 ? model.Pieces[id].Text : missing;

    private static JsonElement ReadObject(string path)
    {
        if (!File.Exists(path))
        {
            return JsonElement.Parse("{}");
        }

        try
        {
            using FileStream stream = File.OpenRead(path);
            using var document = JsonDocument.Parse(stream);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new InvalidDataException($"{path}: holds a JSON {document.RootElement.ValueKind}, an object was expected");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not valid JSON: {e.Message}", e);
        }
    }

    private bool ReadFlag(string key, bool missing) =>
        !_config.TryGetProperty(key, out JsonElement value) ? missing : value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Null => missing,
            _ => throw new InvalidDataException($"{_configPath}: {key} is {value.GetRawText()}, true or false was expected"),
        };

    /// <summary>Folders without a limit carry a number like 1e30.</summary>
    private int? ReadMaxLength()
    {
        if (!_config.TryGetProperty("model_max_length", out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        double length = value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 0;
        return length < 1
            ? throw new InvalidDataException($"{_configPath}: model_max_length is {value.GetRawText()}, a positive number was expected")
            : length < int.MaxValue ? (int)length : null;
    }

    private string? ReadToken(string key)
    {
        if ((!_config.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null) && !_special.TryGetProperty(key, out value))
        {
            return null;
        }

        JsonElement content = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out JsonElement inner) ? inner : value;
        return content.ValueKind switch
        {
            JsonValueKind.String when content.GetString() is { Length: > 0 } text => text,
            JsonValueKind.Null => null,
            _ => throw new InvalidDataException($"{_configPath}: {key} is {value.GetRawText()}, a string was expected"),
        };
    }

    private List<AddedToken> ReadAdded()
    {
        List<AddedToken> tokens = [];
        if (_config.TryGetProperty("added_tokens_decoder", out JsonElement decoder) && decoder.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty entry in decoder.EnumerateObject())
            {
                if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                    || entry.Value.ValueKind != JsonValueKind.Object
                    || !entry.Value.TryGetProperty("content", out JsonElement content)
                    || content.ValueKind != JsonValueKind.String)
                {
                    throw new InvalidDataException($"{_configPath}: added_tokens_decoder has '{entry.Name}': {entry.Value.GetRawText()}, an id with a content was expected");
                }

                tokens.Add(new AddedToken(content.GetString()!, id)
                {
                    Special = IsTrue(entry.Value, "special"),
                    StripLeft = IsTrue(entry.Value, "lstrip"),
                    StripRight = IsTrue(entry.Value, "rstrip"),
                });
            }
        }

        foreach (JsonProperty entry in _added.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out int id))
            {
                throw new InvalidDataException($"{_addedPath}: '{entry.Name}' is {entry.Value.GetRawText()}, an id was expected");
            }

            // The older file repeats what the newer key says, with less detail.
            if (!tokens.Exists(t => t.Content == entry.Name && t.Id == id))
            {
                tokens.Add(new AddedToken(entry.Name, id));
            }
        }

        return tokens;
    }

    private static bool IsTrue(JsonElement parent, string key) => parent.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.True;
}
