using System.Text.Json;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Reads a file that is one JSON array, an element at a time: never more than the current element and one block of the file is in memory, whatever the file's size.
/// </summary>
internal sealed class JsonArrayReader : IDisposable
{
    private const int FirstCapacity = 1 << 16;
    private readonly string _path;
    private readonly FileStream _file;
    private byte[] _buffer = new byte[FirstCapacity];
    private int _start;
    private int _end;
    private long _linesBefore;
    private bool _final;
    private bool _opened;
    private JsonReaderState _state;

    internal JsonArrayReader(string path)
    {
        _path = path;
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
    }

    private enum Found
    {
        Nothing,
        Bracket,
        Element,
    }

    /// <summary>Gets the line of the current element's first character, counted from 1.</summary>
    internal long Line { get; private set; }

    private Span<byte> Rest => _buffer.AsSpan(_start, _end - _start);

    public void Dispose() => _file.Dispose();

    /// <summary>Finds the next element; the span is valid until the next call.</summary>
    internal bool TryRead(out ReadOnlySpan<byte> element)
    {
        while (true)
        {
            switch (Next(out element))
            {
                case Found.Element:
                    return true;
                case Found.Nothing when _final:
                    return false;
                case Found.Nothing:
                    Fill();
                    break;
            }
        }
    }

    private Found Next(out ReadOnlySpan<byte> element)
    {
        element = default;
        Utf8JsonReader reader = new(Rest, _final, _state);
        try
        {
            if (!reader.Read())
            {
                return Found.Nothing;
            }

            int first = (int)reader.TokenStartIndex;
            Line = 1 + _linesBefore + Rest[..first].Count((byte)'\n');
            if (reader.CurrentDepth == 0 && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray && (!_opened || reader.TokenType == JsonTokenType.EndArray))
            {
                _opened = true;
                Consume(in reader);
                return Found.Bracket;
            }

            if (!_opened)
            {
                string hint = reader.TokenType == JsonTokenType.StartObject ? " (of JSON Lines, put all lines into one array)" : string.Empty;
                throw new InvalidDataException($"{_path}: line {Line}: expected a JSON array of samples, but the file begins with '{(char)Rest[first]}'{hint}.");
            }

            if (!reader.TrySkip())
            {
                return Found.Nothing;
            }

            element = Rest[first..(int)reader.BytesConsumed];
            Consume(in reader);
            return Found.Element;
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException(
                !_opened && Rest.Trim(" \t\r\n"u8).IsEmpty
                    ? $"{_path}: the file is empty; expected a JSON array of samples."
                    : $"{_path}: line {broken.LineNumber + 1}: {broken.Message.Split(" LineNumber:")[0]}");
        }
    }

    private void Consume(in Utf8JsonReader reader)
    {
        int count = (int)reader.BytesConsumed;
        _linesBefore += Rest[..count].Count((byte)'\n');
        _start += count;
        _state = reader.CurrentState;
    }

    // Moves the rest to the front, doubles the buffer when an element fills it, and reads on.
    private void Fill()
    {
        Rest.CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, checked(2 * _buffer.Length));
        }

        bool first = _file.Position == 0;
        int read = _file.ReadAtLeast(_buffer.AsSpan(_end), 3, throwOnEndOfStream: false);
        _final = read == 0;
        _end += read;
        if (first && Rest.StartsWith("\uFEFF"u8))
        {
            _start = 3;
        }
    }
}
