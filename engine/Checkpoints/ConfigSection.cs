using System.Globalization;
using System.Text.Json;

namespace LlavaCuda.Checkpoints;

/// <summary>A JSON object of a configuration file. Every getter either returns a value of the right kind or throws one line that names file, key, and what was expected.</summary>
internal readonly struct ConfigSection
{
    private const long LongestFile = 16_000_000;
    private const int LargestNumber = 1 << 26;
    private readonly string _path;
    private readonly string _prefix;
    private readonly JsonElement _element;

    private ConfigSection(string path, string prefix, JsonElement element)
    {
        _path = path;
        _prefix = prefix;
        _element = element;
    }

    internal string Path => _path;

    internal string Json => _element.GetRawText();

    internal JsonElement.ObjectEnumerator Properties => _element.EnumerateObject();

    internal static ConfigSection Open(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > LongestFile } file)
        {
            throw new InvalidDataException($"{path} has {file.Length} bytes; expected a configuration of at most {LongestFile}.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigSection(path, string.Empty, document.RootElement.Clone())
                : throw new InvalidDataException($"{path} holds no JSON object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not JSON: {e.Message}", e);
        }
    }

    /// <summary>Whether the key is there with a value other than null.</summary>
    internal bool Has(string key) => TryGet(key, out _);

    internal string Text(string key, string fallback) =>
        !TryGet(key, out JsonElement value) ? fallback : value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(key, "a string");

    internal bool Flag(string key, bool fallback) => !TryGet(key, out JsonElement value) ? fallback : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(key, "true or false"),
    };

    internal int? OptionalInteger(string key, string expected = "a whole number") =>
        !TryGet(key, out JsonElement value) ? null : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(key, expected);

    /// <summary>A count or an extent, bounded so that no file can ask for absurd amounts of memory before its weights are looked at.</summary>
    internal int Positive(string key, int fallback, int most = LargestNumber)
    {
        int value = OptionalInteger(key) ?? fallback;
        return value > 0 && value <= most ? value : throw Wrong(key, string.Create(CultureInfo.InvariantCulture, $"a whole number from 1 to {most}"));
    }

    internal int? OptionalId(string key) => OptionalInteger(key) is not { } id ? null : id >= 0 ? id : throw Wrong(key, "a token id, 0 or more");

    internal double PositiveNumber(string key, double fallback) =>
        !TryGet(key, out JsonElement value) ? fallback
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number > 0 && number < float.MaxValue ? number
        : throw Wrong(key, "a positive number");

    internal ConfigSection? Section(string key) =>
        !TryGet(key, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.Object ? new ConfigSection(_path, $"{_prefix}{key}.", value) : throw Wrong(key, "an object");

    /// <summary>Refuses a text other than the expected one: computing on would silently give other numbers.</summary>
    internal void Require(string key, string fallback, params ReadOnlySpan<string> expected)
    {
        string value = Text(key, fallback);
        if (!expected.Contains(value))
        {
            throw Wrong(key, string.Join(" or ", expected.ToArray()));
        }
    }

    /// <summary>Refuses a flag that is set: computing on would silently give other numbers.</summary>
    internal void RequireOff(string key)
    {
        if (Flag(key, false))
        {
            throw Wrong(key, "false: this is not supported");
        }
    }

    /// <summary>Refuses a key that is there at all.</summary>
    internal void RequireAbsent(string key)
    {
        if (Has(key))
        {
            throw Wrong(key, "no value: this is not supported");
        }
    }

    internal InvalidDataException Wrong(string key, string expected)
    {
        string found = TryGet(key, out JsonElement value) ? Quoted.Name(value.GetRawText()) : "missing";
        return new InvalidDataException($"{_path}: {_prefix}{key} is {found}; expected {expected}.");
    }

    private bool TryGet(string key, out JsonElement value) => _element.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;
}
