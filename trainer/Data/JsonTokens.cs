using System.Buffers;
using System.Text;
using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Reads JSON tokens from a <see cref="DataWindow"/>, which it moves on as needed: in memory are a token and a block of the file, whatever
/// the size of the file and of its values. A text longer than allowed passes as an empty one that is marked as cut.
/// </summary>
internal ref struct JsonTokens
{
    /// <summary>How every reader of a data file is set up; several values may follow each other, as in JSON Lines.</summary>
    internal static readonly JsonReaderOptions Options = new() { AllowMultipleValues = true, MaxDepth = 64 };

    private const int FaultText = 64;
    private static readonly SearchValues<byte> EndsRun =
        SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, ' ').Select(static c => (byte)c)]);

    private static readonly (byte[] Utf8, string Text)[] FrequentNames =
    [
        .. ((string[])["from", "value", "role", "content", "id", "image", "conversations", "messages", "images", "type", "text", "model"])
            .Select(static n => (Encoding.UTF8.GetBytes(n), n)),
    ];

    private readonly DataWindow _window;
    private readonly int _longest;
    private Utf8JsonReader _reader;
    private ulong _objects;

    /// <summary>Goes on where <see cref="Leave"/> was called.</summary>
    /// <param name="window">The file.</param>
    /// <param name="state">What <see cref="Leave"/> returned.</param>
    /// <param name="longest">The most bytes of a text or number.</param>
    internal JsonTokens(DataWindow window, JsonReaderState state, int longest)
    {
        _window = window;
        _longest = longest;
        _reader = new Utf8JsonReader(window.Rest, window.IsFinal, state);
    }

    internal readonly JsonTokenType Type => _reader.TokenType;

    /// <summary>Gets the number of open objects and lists; the brackets themselves count as outside.</summary>
    internal readonly int Depth => _reader.CurrentDepth;

    /// <summary>Gets the most bytes of a text or number.</summary>
    internal readonly int Longest => _longest;

    /// <summary>Gets a value indicating whether the token is a text or key that was too long to be kept.</summary>
    internal bool IsCut { get; private set; }

    /// <summary>Gets the number of bytes of the text, number or key.</summary>
    internal readonly int Length => _reader.ValueSpan.Length;

    /// <summary>Gets the line on which the token begins, counted from 1.</summary>
    internal readonly long Line => _window.LineAt((int)_reader.TokenStartIndex);

    /// <summary>Gets the number as it stands there.</summary>
    internal readonly string Number => Encoding.ASCII.GetString(_reader.ValueSpan);

    /// <summary>Goes on to the next token.</summary>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="JsonSyntaxException">The file breaks JSON's rules there.</exception>
    /// <exception cref="InvalidDataException">A byte is not UTF-8.</exception>
    internal bool Read()
    {
        IsCut = false;
        while (true)
        {
            Utf8JsonReader before = _reader;
            try
            {
                if (_reader.Read())
                {
                    Follow();
                    return true;
                }
            }
            catch (JsonException)
            {
                throw Fault(in before);
            }

            if (_window.IsFinal)
            {
                return false;
            }

            Refill();
        }
    }

    /// <summary>Passes over the rest of the value that begins with the token.</summary>
    internal void Skip()
    {
        if (Type is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            SkipTo(Depth);
        }
    }

    /// <summary>Passes over everything up to the bracket that closes down to a depth.</summary>
    internal void SkipTo(int depth)
    {
        while (Read() && Depth > depth)
        {
        }
    }

    /// <summary>Passes over the rest of a sample, whatever in it was read last.</summary>
    /// <param name="depth">The depth of the sample's first token.</param>
    internal void SkipSample(int depth)
    {
        bool isInside = Depth > depth || Type is JsonTokenType.StartObject or JsonTokenType.StartArray;
        if (isInside)
        {
            SkipTo(depth);
        }
    }

    /// <summary>Gets the text or key, or null if it holds half of a surrogate pair.</summary>
    internal readonly string? TryGetText()
    {
        if (!_reader.ValueIsEscaped && Type == JsonTokenType.PropertyName)
        {
            foreach ((byte[] utf8, string text) in FrequentNames)
            {
                if (_reader.ValueSpan.SequenceEqual(utf8))
                {
                    return text;
                }
            }
        }

        try
        {
            return _reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Gives up what has been read.</summary>
    /// <returns>What the next reader begins with.</returns>
    internal readonly JsonReaderState Leave()
    {
        _window.Consume((int)_reader.BytesConsumed);
        return _reader.CurrentState;
    }

    private void Follow()
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                _objects |= 1UL << _reader.CurrentDepth;
                break;
            case JsonTokenType.StartArray:
                _objects &= ~(1UL << _reader.CurrentDepth);
                break;
            case JsonTokenType.String or JsonTokenType.PropertyName:
                IsCut |= _reader.ValueSpan.Length > _longest;
                break;
            case JsonTokenType.Number when _reader.ValueSpan.Length > _longest:
                throw LongNumber((int)_reader.TokenStartIndex);
        }
    }

    private readonly JsonSyntaxException Fault(in Utf8JsonReader before)
    {
        // What is said must not depend on how much of the file happens to be in memory.
        int needed = _window.Rest.Length + FaultText;
        while (_window.Rest.Length < needed && _window.TryFill())
        {
        }

        int depth = before.CurrentDepth;
        (int at, string what) = JsonFault.Describe(_window.Rest, in before, depth == 0 ? null : ((_objects >> (depth - 1)) & 1) != 0);
        return new JsonSyntaxException(_window.LineAt(at), at, what);
    }

    private readonly JsonSyntaxException LongNumber(int at) => new(_window.LineAt(at), at, $"a number has more than {_longest:N0} digits");

    private void Refill()
    {
        JsonReaderState state = Leave();
        if (_window.Rest.Length > _longest)
        {
            Shorten();
        }

        _window.Fill();
        _reader = new Utf8JsonReader(_window.Rest, _window.IsFinal, state);
    }

    // The pending token is long, or there is much white space around it.
    private void Shorten()
    {
        int at = CutSpace(0);
        if (at < _window.Rest.Length && _window.Rest[at] == ',')
        {
            at = CutSpace(at + 1);
        }

        // With its quote, a text of more than the allowed length.
        if (_window.Rest.Length - at <= _longest + 1)
        {
            return;
        }

        if (_window.Rest[at] != '"')
        {
            throw LongNumber(at);
        }

        CutText(at + 1);
    }

    // Takes the contents out of a text until its closing quote or the first character that may not be in it, which the reader then meets.
    private void CutText(int first)
    {
        int at = first;
        while (true)
        {
            int run = _window.Rest[at..].IndexOfAny(EndsRun);
            at = run < 0 ? _window.Rest.Length : at + run;
            if (run >= 0 && _window.Rest[at] == '\\' && at + 1 < _window.Rest.Length)
            {
                at += 2;
                continue;
            }

            if (run >= 0 && _window.Rest[at] != '\\')
            {
                break;
            }

            _window.Cut(first, at - first);
            IsCut = true;
            at = first;
            if (!_window.Fill())
            {
                return;
            }
        }

        if (at - first > _longest || IsCut)
        {
            _window.Cut(first, at - first);
            IsCut = true;
            at = first;
        }

        if (_window.Rest[at] == '"')
        {
            CutSpace(at + 1);
        }
    }

    private readonly int CutSpace(int at)
    {
        int count = _window.Rest[at..].IndexOfAnyExcept(" \t\r\n"u8);
        _window.Cut(at, count < 0 ? _window.Rest.Length - at : count);
        return at;
    }
}
