using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Reads one sample of LLaVA's data format, <c>{ "id", "image", "conversations": [{ "from": "human" | "gpt", "value" }] }</c>, or of the
/// one of chats,
/// <c>{ "images", "messages": [{ "role": "user" | "assistant", "content" }] }</c>; the names of both may be mixed. Keys that are neither
/// of the formats nor speak of media are passed over.
/// </summary>
internal ref partial struct SampleParser
{
    /// <summary>
    /// The most bytes of one text, and characters of all texts of a sample: more than any model reads at once, little enough to be held.
    /// </summary>
    internal const int LongestText = 1 << 24;

    private const int LongestId = 160;
    private const int MostEntries = 1 << 16;
    private const int NamedKeys = 8;
    private const int MostLookedAt = 1000;
    private readonly List<MediaKey> _media = [];
    private readonly List<string> _otherKeys = [];
    private readonly List<Turn> _turns = [];
    private readonly List<string> _inlineImages = [];
    private JsonTokens _tokens;
    private List<string> _images = [];
    private string? _imagesKey;
    private string? _system;
    private bool _hasId;
    private int _otherCount;
    private int _lookedAt;
    private string? _listKey;
    private string? _listHolds;
    private long _characters;
    private string? _oversized;
    private string? _turnsKey;
    private int _turn = -1;
    private int _part = -1;
    private int _marks;

    /// <summary>Begins at a sample.</summary>
    /// <param name="tokens">A reader at the sample's first token, which is used from here alone.</param>
    /// <param name="place">Where the sample stands.</param>
    internal SampleParser(JsonTokens tokens, SamplePlace place)
    {
        _tokens = tokens;
        Place = place;
    }

    /// <summary>Gets where the sample stands, with its id once that was read.</summary>
    internal SamplePlace Place { get; private set; }

    /// <summary>Gets the reader, where parsing has come to.</summary>
    internal readonly JsonTokens Tokens => _tokens;

    /// <summary>
    /// Gets a value indicating whether the first key stands on a later line than the sample's bracket: in JSON Lines all of any other sample
    /// should stand on one line.
    /// </summary>
    internal bool IsSpread { get; private set; }

    /// <summary>Reads the sample.</summary>
    /// <exception cref="SampleFaultException">The sample is not of the format.</exception>
    internal ConversationSample Parse()
    {
        Require(_tokens.Type == JsonTokenType.StartObject, $"found {Describe()}; expected an object with 'conversations'");
        bool isFirst = true;
        while (_tokens.Read() && _tokens.Type == JsonTokenType.PropertyName)
        {
            IsSpread |= isFirst && _tokens.Line > Place.Line;
            isFirst = false;
            ReadKey(Key());
        }

        Require(_turnsKey is not null, $"{MissingTurns()}");
        Require(_turns.Count > 0, $"'{_turnsKey}' is empty");
        Require(
            _images.Count == 0 || _inlineImages.Count == 0,
            $"'{_imagesKey}' and '{_turnsKey}' both hold images; expected them in one place");
        List<string> images = _inlineImages.Count > 0 ? _inlineImages : _images;
        foreach (MediaKey key in _media)
        {
            if (key.Fault(images) is { } fault)
            {
                throw new SampleFaultException(key.Line, fault);
            }
        }

        return new ConversationSample(Place, [.. images], new Conversation(_turns)) { System = _system, Oversized = _oversized };
    }

    private void ReadKey(string key)
    {
        switch (key)
        {
            case "id":
                Require(!_hasId, "key 'id' occurs twice");
                _hasId = true;
                ReadId();
                break;
            case "image" or "images":
                Require(_imagesKey != key, $"key '{key}' occurs twice");
                ReadImages(key);
                break;
            case "conversations" or "messages":
                Require(_turnsKey != key, $"key '{key}' occurs twice");
                Require(_turnsKey is null, $"both '{_turnsKey}' and '{key}' are there; expected one of them");
                _turnsKey = key;
                ReadTurns();
                break;
            case "system":
                _tokens.Read();
                SetSystem(_tokens.Type == JsonTokenType.Null ? string.Empty : Text(key), key);
                break;
            case "tools":
                _tokens.Read();
                Require(IsNothing(null), "'tools' is not empty; calls of tools cannot be trained");
                break;
            default:
                if (_otherCount++ < NamedKeys)
                {
                    _otherKeys.Add(Quoted.Name(key));
                }

                PassOver(key);
                break;
        }
    }

    private void ReadId()
    {
        _tokens.Read();
        string id = _tokens.Type switch { JsonTokenType.Number => _tokens.Number, JsonTokenType.Null => string.Empty, _ => Text("id") };
        Place = Place with { Id = id.Length > LongestId ? id[..LongestId] : id };
    }

    private void ReadImages(string key)
    {
        List<string> images = [];
        _tokens.Read();
        if (_tokens.Type == JsonTokenType.StartArray)
        {
            while (_tokens.Read() && _tokens.Type != JsonTokenType.EndArray)
            {
                images.Add(Image($"{key}[{images.Count}]"));
                Require(images.Count <= MostEntries, $"'{key}' has more than {MostEntries} entries");
            }
        }
        else if (_tokens.Type != JsonTokenType.Null)
        {
            images.Add(Image(key));
        }

        Require(_images.Count == 0 || images.Count == 0, $"both '{_imagesKey}' and '{key}' hold images; expected one of them");
        if (_imagesKey is null || images.Count > 0)
        {
            (_images, _imagesKey) = (images, key);
        }
    }

    private readonly string Image(string key)
    {
        string? fault = ImagePath.TryParse(Text(key), out string path);
        Require(fault is null, $"'{PathOf(key)}' {fault}");
        return path;
    }

    private void SetSystem(string text, string key)
    {
        if (text.Length > 0)
        {
            Require(_system is null, $"'{PathOf(key)}' is a second system text; expected one");
            _system = Held(text, key);
        }
    }

    // Passes over a value; if it or its key speaks of media, what it holds is judged when all of the sample is known.
    private void PassOver(string key, string? within = null)
    {
        string name = within is null ? PathOf(key) : $"{within}.{Quoted.Line(key)}";
        long line = _tokens.Line;
        MediaKind kind = MediaKey.KindOf(key);
        _tokens.Read();
        if (kind == MediaKind.None)
        {
            LookInside(name, line, isTop: within is null && _turn < 0 ? key : null);
            return;
        }

        List<string> files = [];
        if (!IsNothing(files) && _media.Count < NamedKeys)
        {
            _media.Add(new MediaKey(name, line, kind, files));
        }
    }

    private void LookInside(string name, long line, string? isTop)
    {
        NoteFile(name, line);
        if (_tokens.Type is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            return;
        }

        int depth = _tokens.Depth;
        bool isFirst = isTop is not null && _tokens.Type == JsonTokenType.StartArray;
        while (_tokens.Read() && _tokens.Depth > depth)
        {
            NoteFile(name, line);
            if (_tokens.Type == JsonTokenType.PropertyName)
            {
                string key = _tokens.IsCut ? string.Empty : _tokens.TryGetText() ?? string.Empty;
                (_listKey, _listHolds) = isFirst ? (isTop, key) : (_listKey, _listHolds);
                if (_lookedAt++ >= MostLookedAt)
                {
                    _tokens.SkipTo(depth);
                    return;
                }

                PassOver(key, name);
                isFirst = false;
            }

            isFirst = isFirst && _tokens.Type == JsonTokenType.StartObject;
        }
    }

    private readonly void NoteFile(string name, long line)
    {
        bool mayBe = _tokens is { Type: JsonTokenType.String, IsCut: false, Length: <= MediaKey.LongestFile } && _media.Count < NamedKeys;
        if (mayBe && _tokens.TryGetText() is { } text && MediaKey.IsMediaFile(text))
        {
            _media.Add(new MediaKey(name, line, MediaKind.NamesFile, [text]));
        }
    }

    private readonly string MissingTurns()
    {
        const string Missing = "key 'conversations' (or 'messages') is missing";
        switch (_listHolds)
        {
            case "from" or "value" or "role" or "content":
                return $"{Missing}, but '{Quoted.Line(_listKey)}' looks like it; expected that name";
            case not null when Place.Index == 0:
                return $"{Missing}, but '{Quoted.Line(_listKey)}' is a list of objects; if they are the samples, give that list alone";
        }

        string keys = string.Join(", ", _otherKeys) + (_otherCount > NamedKeys ? ", ..." : string.Empty);
        return _otherCount == 0 ? Missing : $"{Missing}; the other keys are {keys}";
    }

    /// <summary>
    /// Skips a value and returns whether it is empty: null, false, 0, an empty text, list or object. Image files that it names
    /// are collected.
    /// </summary>
    private bool IsNothing(List<string>? files)
    {
        switch (_tokens.Type)
        {
            case JsonTokenType.Null or JsonTokenType.False:
                return true;
            case JsonTokenType.Number:
                return NumberIs(0);
            case JsonTokenType.String:
                return NoteFile(files);
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                int depth = _tokens.Depth;
                bool isEmpty = true;
                while (_tokens.Read() && _tokens.Depth > depth)
                {
                    isEmpty = false;
                    _ = _tokens.Type == JsonTokenType.String && NoteFile(files);
                }

                return isEmpty;
            default:
                return false;
        }
    }

    private readonly bool NumberIs(double value) =>
        _tokens.Type == JsonTokenType.Number && double.TryParse(_tokens.Number, CultureInfo.InvariantCulture, out double number) && number == value;

    // Whether the text is empty.
    private readonly bool NoteFile(List<string>? files)
    {
        string? text = _tokens.TryGetText();
        if (files is { Count: < NamedKeys } && text is not null && MediaKey.IsMediaFile(text))
        {
            files.Add(text);
        }

        return text is { Length: 0 } && !_tokens.IsCut;
    }

    private readonly string Key()
    {
        string? key = _tokens.IsCut ? string.Empty : _tokens.TryGetText();
        Require(key is not null, "a key is not valid text: it holds half of a surrogate pair");
        return key!;
    }

    private readonly string Text(string? key)
    {
        Require(_tokens.Type == JsonTokenType.String, $"'{PathOf(key)}' is {Describe()}; expected a text");
        Require(!_tokens.IsCut, $"'{PathOf(key)}' has more than {_tokens.Longest:N0} bytes");
        string? text = _tokens.TryGetText();
        Require(text is not null, $"'{PathOf(key)}' is not valid text: it holds half of a surrogate pair");
        return text!;
    }

    // A text for the model counts; once all of them are too much, no more are kept.
    private string Held(string text, string? key)
    {
        _characters += text.Length;
        if (_characters > _tokens.Longest)
        {
            _oversized ??= $"'{PathOf(key)}' on line {_tokens.Line} brings its text to more than {_tokens.Longest:N0} characters";
            return string.Empty;
        }

        return text;
    }

    private readonly string Describe() => _tokens.Type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => $"the number {Quoted.Name(_tokens.Number)}",
        JsonTokenType.Null => "null",
        JsonTokenType.True => "true",
        _ => "false",
    };

    private readonly void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new SampleFaultException(_tokens.Line, otherwise);
        }
    }

    private readonly void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] FaultText otherwise)
    {
        if (!holds)
        {
            throw new SampleFaultException(_tokens.Line, otherwise.Finish());
        }
    }
}
