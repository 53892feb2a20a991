using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LlavaCuda.Formats;

/// <summary>
/// A JSON object of a small file. Every getter either returns a value of the right kind or throws one line that names file, line, key, what
/// is there and what was expected; a key that is null
/// counts as absent.
/// </summary>
internal readonly struct ConfigSection
{
    private const int LargestNumber = 1 << 26;
    private const int LongestList = 400;
    private readonly JsonFile _file;
    private readonly string _prefix;
    private readonly JsonElement _element;

    private ConfigSection(JsonFile file, string prefix, JsonElement element)
    {
        _file = file;
        _prefix = prefix;
        _element = element;
    }

    /// <summary>Gets an object without keys.</summary>
    internal static ConfigSection Empty => Parse("{}"u8.ToArray(), string.Empty);

    /// <summary>Gets the path of the file.</summary>
    internal string Path => _file.Name;

    /// <summary>
    /// Gets all keys and values in their order. Of an object with many keys this is the way to all of them: looking one up is a search.
    /// </summary>
    internal IEnumerable<(string Key, JsonElement Value)> Entries =>
        _element.EnumerateObject().Select(static property => (property.Name, property.Value));

    /// <summary>Gets the keys that nothing looked up so far, with their values.</summary>
    internal IEnumerable<(string Key, JsonElement Value)> NotLookedUp
    {
        get
        {
            (JsonFile file, string prefix) = (_file, _prefix);
            return Entries.Where(entry => !file.LookedUp.Contains(prefix + entry.Key));
        }
    }

    /// <summary>Reads a file that is one object.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not JSON or not an object, see <see cref="JsonFile"/>.</exception>
    internal static ConfigSection Open(string path) => Of(JsonFile.Open(path));

    /// <summary>Reads a file that is one object, and larger than configurations are.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The most bytes that a file of its kind has.</param>
    internal static ConfigSection Open(string path, long longest) => Of(JsonFile.Open(path, longest));

    /// <summary>Reads a file that may be missing, which counts as an empty object.</summary>
    internal static ConfigSection OpenOrEmpty(string path) => System.IO.Path.Exists(path) ? Open(path) : Empty;

    /// <summary>Reads a text that is one object.</summary>
    /// <param name="text">The text, which must not change any more.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="firstLine">The line of a larger file that the text begins on; null where it is a file of its own.</param>
    /// <exception cref="InvalidDataException">It is not JSON or not an object, see <see cref="JsonFile"/>.</exception>
    internal static ConfigSection Parse(ReadOnlyMemory<byte> text, string name, long? firstLine = null) => Of(JsonFile.Parse(text, name, firstLine));

    /// <summary>Whether the key is there with a value other than null.</summary>
    internal bool Has(string key) => TryGet(key, out _);

    /// <summary>Gets what a key holds; undefined where it is absent.</summary>
    internal JsonValueKind Kind(string key) => TryGet(key, out JsonElement value) ? value.ValueKind : JsonValueKind.Undefined;

    internal string Text(string key, string fallback) => OptionalText(key) ?? fallback;

    internal string? OptionalText(string key, string expected = "a string") =>
        !TryGet(key, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(key, expected);

    internal bool Flag(string key, bool fallback) => !TryGet(key, out JsonElement value) ? fallback : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(key, "true or false"),
    };

    internal int? OptionalInteger(string key, string expected = "a whole number") =>
        !TryGet(key, out JsonElement value) ? null : IsInteger(value, out int number) ? number : throw Wrong(key, expected);

    internal long? OptionalLong(string key, string expected = "a whole number") =>
        !TryGet(key, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : throw Wrong(key, expected);

    /// <summary>Gets a whole number or a list of them; null where the key is absent.</summary>
    internal int[]? OptionalIntegers(string key, string expected = "a whole number or a list of them")
    {
        if (Kind(key) != JsonValueKind.Array)
        {
            return OptionalInteger(key, expected) is { } one ? [one] : null;
        }

        int[] numbers = new int[_element.GetProperty(key).GetArrayLength()];
        for (int i = 0; i < numbers.Length; i++)
        {
            JsonElement item = _element.GetProperty(key)[i];
            numbers[i] = IsInteger(item, out int number) ? number : throw WrongItem(key, i, item, expected);
        }

        return numbers;
    }

    /// <summary>Gets a list of texts; null where the key is absent.</summary>
    internal string[]? OptionalTexts(string key, string expected = "a list of texts")
    {
        if (!TryGet(key, out JsonElement list))
        {
            return null;
        }

        string[] texts = new string[list.ValueKind == JsonValueKind.Array ? list.GetArrayLength() : throw Wrong(key, expected)];
        int i = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            texts[i] = item.ValueKind == JsonValueKind.String ? item.GetString()! : throw WrongItem(key, i, item, "a text");
            i++;
        }

        return texts;
    }

    /// <summary>Gets a list of objects; null where the key is absent.</summary>
    internal ConfigSection[]? OptionalSections(string key, string expected = "a list of objects")
    {
        if (!TryGet(key, out JsonElement list))
        {
            return null;
        }

        ConfigSection[] sections = new ConfigSection[list.ValueKind == JsonValueKind.Array ? list.GetArrayLength() : throw Wrong(key, expected)];
        int i = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            sections[i] = item.ValueKind == JsonValueKind.Object ? new ConfigSection(_file, $"{_prefix}{key}[{i}].", item) : throw WrongItem(key, i, item, "an object");
            i++;
        }

        return sections;
    }

    /// <summary>Gets a list of numbers as they stand in the file; null where the key is absent.</summary>
    internal string[]? OptionalNumberTexts(string key, int count) =>
        OptionalNumbers(key, count) is null ? null : [.. _element.GetProperty(key).EnumerateArray().Select(static number => number.GetRawText())];

    /// <summary>Gets a value as it stands in the file; null where the key is absent.</summary>
    internal string? RawText(string key) => TryGet(key, out JsonElement value) ? value.GetRawText() : null;

    /// <summary>Gets a list of finite numbers; null where the key is absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="count">How many there must be, or null for any number of them.</param>
    internal double[]? OptionalNumbers(string key, int? count = null)
    {
        string expected = count is { } n ? $"a list of {n} numbers" : "a list of numbers";
        if (!TryGet(key, out JsonElement list))
        {
            return null;
        }

        if (list.ValueKind != JsonValueKind.Array || (count is not null && list.GetArrayLength() != count))
        {
            throw Wrong(key, expected);
        }

        double[] numbers = new double[list.GetArrayLength()];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = IsFinite(list[i], out double number) ? number : throw WrongItem(key, i, list[i], "a number");
        }

        return numbers;
    }

    /// <summary>
    /// A count or an extent, bounded so that no file can ask for absurd amounts of memory before its weights are looked at.
    /// </summary>
    internal int Positive(string key, int fallback, int most = LargestNumber)
    {
        int value = OptionalInteger(key) ?? fallback;
        return value > 0 && value <= most ? value : throw Wrong(key, $"a whole number from 1 to {most}");
    }

    internal int? OptionalId(string key) =>
        OptionalInteger(key) is not { } id ? null : id >= 0 ? id : throw Wrong(key, "a token id, 0 or more");

    internal double? OptionalNumber(string key) =>
        !TryGet(key, out JsonElement value) ? null
        : IsFinite(value, out double number) ? number : throw Wrong(key, "a number");

    internal double PositiveNumber(string key, double fallback) =>
        !TryGet(key, out JsonElement value) ? fallback
        : IsFinite(value, out double number) && number > 0 && number < float.MaxValue ? number
        : throw Wrong(key, "a positive number");

    internal ConfigSection? Section(string key, string expected = "an object") =>
        !TryGet(key, out JsonElement value) ? null : Section(key, value, expected);

    /// <summary>Makes a section of one of the <see cref="Entries"/>.</summary>
    internal ConfigSection Section(string key, JsonElement value, string expected = "an object") =>
        value.ValueKind == JsonValueKind.Object ? new ConfigSection(_file, $"{_prefix}{key}.", value) : throw Wrong(key, expected);

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

    /// <summary>Makes the error of a key that does not hold what it should.</summary>
    internal InvalidDataException Wrong(string key, string expected) => _file.Wrong(_prefix + key, $"{Quoted.Line(_prefix + key)} is {Found(key)}; expected {expected}");

    /// <summary>Writes what a key holds, and what of it, as one line.</summary>
    internal string Describe(string key, string what) => $"{Path}: {Quoted.Line(_prefix + key)} is {Found(key)}; {what}.";

    private static bool IsInteger(JsonElement value, out int number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out number);
    }

    private static bool IsFinite(JsonElement value, out double number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out number) && double.IsFinite(number);
    }

    private static ConfigSection Of(JsonFile file) =>
        file.Root.ValueKind == JsonValueKind.Object ? new ConfigSection(file, string.Empty, file.Root)
        : throw new InvalidDataException($"{file.Place}: found {Describe(file.Root)}; expected a JSON object.");

    /// <summary>A value in a message: as it stands in the file where it is short.</summary>
    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array when JsonMarshal.GetRawUtf8Value(value).Length > LongestList => $"a list of {value.GetArrayLength()}",
        JsonValueKind.Array => Quoted.Line(OnOneLine(value)),
        _ => Quoted.Line(value.GetRawText()),
    };

    private static string OnOneLine(JsonElement list)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            list.WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }

    private string Found(string key) => _element.TryGetProperty(key, out JsonElement value) ? Describe(value) : "missing";

    private InvalidDataException WrongItem(string key, int index, JsonElement item, string expected)
    {
        string path = $"{_prefix}{key}[{index}]";
        return _file.Wrong(path, $"{Quoted.Line(path)} is {Describe(item)}; expected {expected}");
    }

    private bool TryGet(string key, out JsonElement value)
    {
        _file.LookedUp.Add(_prefix + key);
        return _element.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;
    }
}
