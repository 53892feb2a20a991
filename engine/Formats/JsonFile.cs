using System.Text.Json;
using System.Text.Unicode;

namespace LlavaCuda.Formats;

/// <summary>
/// The one way in which small JSON files are read: whole, and checked before anything is looked up. What passes has valid UTF-8 (a byte
/// order mark is skipped), no halves of surrogate pairs,
/// no key twice in an object, no comments, no trailing commas and no deep nesting; what does not is an <see cref="InvalidDataException"/>
/// of one line with file, line and key.
/// </summary>
internal sealed class JsonFile
{
    /// <summary>The most levels of lists and objects inside each other.</summary>
    internal const int MaxDepth = 64;

    private const long Longest = 32 << 20;
    private readonly ReadOnlyMemory<byte> _text;

    private readonly long? _firstLine;

    private JsonFile(string name, ReadOnlyMemory<byte> text, long? firstLine, JsonElement root)
    {
        Name = name;
        _text = text;
        _firstLine = firstLine;
        Root = root;
    }

    /// <summary>Gets the path, or what messages call the text.</summary>
    internal string Name { get; }

    /// <summary>Gets what messages call the text as a whole: with its line, where it is one of a larger file.</summary>
    internal string Place => _firstLine is { } line ? $"{Name}: line {line}" : Name;

    internal JsonElement Root { get; }

    /// <summary>Gets the paths of all keys that were looked up: what a file says elsewhere is not used.</summary>
    internal HashSet<string> LookedUp { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The most bytes that a file of its kind has.</param>
    internal static JsonFile Open(string path, long longest = Longest) => Parse(RegularFile.ReadAllBytes(path, longest), path);

    /// <summary>Reads a text.</summary>
    /// <param name="bytes">The text, which must not change any more.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="firstLine">The line of a larger file that the text begins on; null where it is a file of its own.</param>
    /// <exception cref="InvalidDataException">It is not JSON, or breaks a rule above.</exception>
    internal static JsonFile Parse(ReadOnlyMemory<byte> bytes, string name, long? firstLine = null)
    {
        ReadOnlyMemory<byte> text = bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        if (IsWide(text.Span))
        {
            throw new InvalidDataException($"{name} is UTF-16 or UTF-32; expected UTF-8.");
        }

        JsonWalk walk = new(text.Span, name, firstLine ?? 1);
        while (walk.Read())
        {
            walk.Check();
        }

        return new JsonFile(name, text, firstLine, JsonElement.Parse(text.Span, new JsonDocumentOptions { MaxDepth = MaxDepth }));
    }

    /// <summary>
    /// Whether a text is UTF-16 or UTF-32: it begins with a byte order mark of those, or, JSON beginning with two ASCII characters, with a
    /// zero byte for one of them.
    /// </summary>
    internal static bool IsWide(ReadOnlySpan<byte> text) =>
        text is [0xff, 0xfe, ..] or [0xfe, 0xff, ..] or [0, not 0, ..] or [not 0, 0, ..] or [0, 0, 0, not 0, ..];

    /// <summary>Finds the line of a value, counted from 1.</summary>
    /// <param name="path">Its keys, joined by dots, with the places of list elements in brackets.</param>
    /// <returns>The line of its key or element, or null where there is none.</returns>
    internal long? LineOf(string path)
    {
        JsonWalk walk = new(_text.Span, Name, _firstLine ?? 1);
        while (walk.Read())
        {
            if (walk.Path == path)
            {
                return walk.Line;
            }
        }

        return null;
    }

    /// <summary>Makes the error of a value.</summary>
    /// <param name="path">As in <see cref="LineOf"/>.</param>
    /// <param name="what">A clause without a full stop.</param>
    internal InvalidDataException Wrong(string path, string what) =>
        new((LineOf(path) ?? _firstLine) is { } line ? $"{Name}: line {line}: {what}." : $"{Name}: {what}.");

    /// <summary>A reader that knows the path of its token.</summary>
    private ref struct JsonWalk(ReadOnlySpan<byte> text, string name, long firstLine)
    {
        private const string NoText = "not valid text: broken UTF-8, or half of a surrogate pair";
        private readonly ReadOnlySpan<byte> _text = text;
        private readonly List<Level> _levels = [];
        private Utf8JsonReader _reader = new(text, new JsonReaderOptions { MaxDepth = MaxDepth });

        internal readonly string Path => string.Concat(_levels.Select(static (level, depth) => level.Step(depth)));

        internal readonly long Line => LineAt((int)_reader.TokenStartIndex);

        /// <summary>Goes on to the next token.</summary>
        internal bool Read()
        {
            Utf8JsonReader before = _reader;
            try
            {
                if (!_reader.Read())
                {
                    return false;
                }
            }
            catch (JsonException)
            {
                (int at, string what) = JsonFault.Describe(_text, in before, _levels.Count == 0 ? null : _levels[^1].IsObject);
                throw Bad(LineAt(at), what);
            }

            Follow();
            return true;
        }

        /// <summary>Checks what the reader itself lets pass.</summary>
        internal readonly void Check()
        {
            bool isKey = _reader.TokenType == JsonTokenType.PropertyName;
            if (isKey && !_levels[^1].IsNew)
            {
                string key = _levels[^1].Key!;
                _levels[^1].Key = null;
                throw Bad(Line, $"the key {Quoted.Name(key)} occurs twice");
            }

            if (_reader.TokenType == JsonTokenType.String && !IsText())
            {
                throw Bad(Line, NoText);
            }
        }

        private readonly void Follow()
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    _levels[^1].Key = null;
                    string key = IsText() ? _reader.GetString()! : throw Bad(Line, $"a key is {NoText}");
                    _levels[^1].Begin(key);
                    return;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    _levels.RemoveAt(_levels.Count - 1);
                    return;
            }

            if (_levels is [.., { IsObject: false } list])
            {
                list.Index++;
            }

            if (_reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                _levels.Add(new Level(_reader.TokenType == JsonTokenType.StartObject));
            }
        }

        private readonly bool IsText()
        {
            if (!Utf8.IsValid(_reader.ValueSpan))
            {
                return false;
            }

            try
            {
                _ = _reader.ValueIsEscaped ? _reader.GetString() : null;
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }

        private readonly long LineAt(int at) => firstLine + _text[..at].Count((byte)'\n');

        private readonly InvalidDataException Bad(long line, string what)
        {
            string path = Path, where = path.Length == 0 ? string.Empty : $"{Quoted.Line(path)}: ";
            return new InvalidDataException($"{name}: line {line}: {where}{what}.");
        }
    }

    /// <summary>An object or a list that is open.</summary>
    private sealed class Level(bool isObject)
    {
        private readonly HashSet<string>? _keys = isObject ? new(StringComparer.Ordinal) : null;

        internal bool IsObject { get; } = isObject;

        internal string? Key { get; set; }

        internal bool IsNew { get; private set; }

        internal int Index { get; set; } = -1;

        internal void Begin(string key)
        {
            Key = key;
            IsNew = _keys!.Add(key);
        }

        internal string Step(int depth) => !IsObject ? Index < 0 ? string.Empty : $"[{Index}]"
            : Key is null ? string.Empty : depth == 0 ? Key : $".{Key}";
    }
}
