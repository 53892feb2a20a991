using System.Text;
using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Reads LLaVA's data format: an array of <c>{ "id", "image", "conversations": [{ "from": "human" | "gpt", "value" }] }</c>. <c>image</c> is a path, a list of paths or absent;
/// keys that are not of the format are passed over.
/// </summary>
internal sealed class ConversationReader(string path) : IDisposable
{
    private readonly JsonArrayReader _elements = new(path);
    private int _count;

    public void Dispose() => _elements.Dispose();

    /// <summary>Reads the next sample, or null after the last.</summary>
    internal ConversationSample? Read()
    {
        if (!_elements.TryRead(out ReadOnlySpan<byte> element))
        {
            return _count > 0 ? null : throw new InvalidDataException($"{path}: the array holds no sample.");
        }

        Element sample = new(element, path, _count++, _elements.Line);
        return sample.Parse();
    }

    /// <summary>One sample while it is read: what is known of it so far goes into messages.</summary>
    private ref struct Element(ReadOnlySpan<byte> json, string path, int index, long firstLine)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private Utf8JsonReader _reader = new(json);
        private string _id = string.Empty;
        private string[] _images = [];
        private List<Turn>? _turns;

        internal ConversationSample Parse()
        {
            _reader.Read();
            Require(_reader.TokenType == JsonTokenType.StartObject, "expected an object with 'conversations'");
            while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
            {
                if (_reader.ValueTextEquals("id"))
                {
                    _reader.Read();
                    _id = _reader.TokenType == JsonTokenType.Number ? Encoding.ASCII.GetString(_reader.ValueSpan) : Text("id");
                }
                else if (_reader.ValueTextEquals("image"))
                {
                    _reader.Read();
                    _images = ReadImages();
                }
                else if (_reader.ValueTextEquals("conversations"))
                {
                    _reader.Read();
                    _turns = ReadTurns();
                }
                else
                {
                    _reader.Read();
                    _reader.Skip();
                }
            }

            if (_turns is not { Count: > 0 })
            {
                throw Bad(_turns is null ? "key 'conversations' is missing" : "'conversations' is empty", atReader: false);
            }

            for (int i = 1; i < _turns.Count; i++)
            {
                if (_turns[i].Role == _turns[i - 1].Role)
                {
                    throw Bad($"'conversations[{i}].from' is '{(_turns[i].Role == Role.Human ? "human" : "gpt")}' again; expected human and gpt in turn", atReader: false);
                }
            }

            return new ConversationSample(new SamplePlace(path, index, _id), _images, new Conversation(_turns));
        }

        private string[] ReadImages()
        {
            if (_reader.TokenType == JsonTokenType.Null)
            {
                return [];
            }

            if (_reader.TokenType != JsonTokenType.StartArray)
            {
                return [ReadImage("image")];
            }

            List<string> images = [];
            while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            {
                images.Add(ReadImage($"image[{images.Count}]"));
            }

            return [.. images];
        }

        private string ReadImage(string key)
        {
            string image = Text(key);
            Require(image.Length > 0 && StaysInside(image), $"'{key}' is {Quoted.Name(image)}; expected a relative path inside the folder of pictures");
            return image;
        }

        // Both separators and drives count on every system, so that a data file is accepted on all or on none.
        private static bool StaysInside(string image)
        {
            int depth = 0;
            foreach (string part in image.Split('/', '\\'))
            {
                depth += part switch { "" or "." => 0, ".." => -1, _ => 1 };
                if (depth < 0)
                {
                    return false;
                }
            }

            return image[0] is not ('/' or '\\') && !(image.Length > 1 && image[1] == ':' && char.IsAsciiLetter(image[0]));
        }

        private List<Turn> ReadTurns()
        {
            Require(_reader.TokenType == JsonTokenType.StartArray, "'conversations' is no array");
            List<Turn> turns = [];
            while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            {
                turns.Add(ReadTurn($"conversations[{turns.Count}]"));
            }

            return turns;
        }

        private Turn ReadTurn(string key)
        {
            Require(_reader.TokenType == JsonTokenType.StartObject, $"'{key}' is no object");
            Role? role = null;
            string? value = null;
            while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
            {
                bool from = _reader.ValueTextEquals("from"), said = _reader.ValueTextEquals("value");
                _reader.Read();
                if (from)
                {
                    string speaker = Text($"{key}.from");
                    Require(speaker is "human" or "gpt", $"'{key}.from' is '{speaker}'; expected 'human' or 'gpt'");
                    role = speaker == "human" ? Role.Human : Role.Assistant;
                }
                else if (said)
                {
                    value = Text($"{key}.value");
                }
                else
                {
                    _reader.Skip();
                }
            }

            Require(role is not null, $"'{key}' has no 'from'");
            Require(value is not null, $"'{key}' has no 'value'");
            return Turn.FromMarked(role!.Value, value!);
        }

        private readonly string Text(string key)
        {
            Require(_reader.TokenType == JsonTokenType.String, $"'{key}' is no string");
            try
            {
                return _reader.GetString()!;
            }
            catch (InvalidOperationException)
            {
                throw Bad($"'{key}' is not valid text");
            }
        }

        private readonly void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw Bad(otherwise);
            }
        }

        private readonly InvalidDataException Bad(string what, bool atReader = true)
        {
            long line = firstLine + (atReader ? _json[..(int)_reader.TokenStartIndex].Count((byte)'\n') : 0);
            return new InvalidDataException($"{new SamplePlace(path, index, _id)}, line {line}: {what}.");
        }
    }
}
