using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Reads the objects of a large JSON file one at a time: those of the list that is the file or that a key of it holds, or the values of the
/// object that is the file. In memory are one of them and a block of the file.
/// </summary>
internal static class JsonRecords
{
    /// <summary>Reads them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">The key of the list; null where the file itself is the list or the object of objects.</param>
    /// <returns>The key of each in an object of objects, else an empty text, and the record, whose errors name file and line.</returns>
    /// <exception cref="InvalidDataException">The file is not made so; the message names file and line.</exception>
    internal static IEnumerable<(string Key, ConfigSection Row)> Read(string path, string? key = null)
    {
        using DataWindow window = new(path);

        // The file's end is found by whoever wants more of it, so that it is named as such.
        JsonReaderState state = new(JsonTokens.Options);
        JsonTokenType first = Next(window, ref state, path, out _);
        if (key is not null)
        {
            Expect(first == JsonTokenType.StartObject, $"an object with the list {key}");
            while (true)
            {
                JsonTokenType token = Next(window, ref state, path, out string? name);
                Expect(token == JsonTokenType.PropertyName, $"a list {key}");
                if (name == key)
                {
                    break;
                }

                Value(window, ref state, path);
            }

            first = Next(window, ref state, path, out _);
            Expect(first == JsonTokenType.StartArray, $"a list {key}");
        }

        Expect(first is JsonTokenType.StartArray or JsonTokenType.StartObject, "a list or an object of objects");
        while (true)
        {
            string? name = null;
            if (first == JsonTokenType.StartObject && Next(window, ref state, path, out name) == JsonTokenType.EndObject)
            {
                yield break;
            }

            (byte[]? value, long line) = Value(window, ref state, path);
            if (value is null)
            {
                yield break;
            }

            yield return (name ?? string.Empty, ConfigSection.Parse(value, path, line));
        }

        void Expect(bool holds, string what) =>
            _ = holds ? 0 : throw new InvalidDataException($"{path}: line {window.LineAt(0)}: expected {what}.");
    }

    private static JsonTokenType Next(DataWindow window, ref JsonReaderState state, string path, out string? name)
    {
        while (true)
        {
            Utf8JsonReader reader = new(window.Rest, isFinalBlock: false, state);
            if (Try(window, path, ref reader, static (ref Utf8JsonReader r) => r.Read()))
            {
                name = reader.TokenType == JsonTokenType.PropertyName ? reader.GetString() : null;
                JsonTokenType type = reader.TokenType;
                state = reader.CurrentState;
                window.Consume((int)reader.BytesConsumed);
                return type;
            }

            More(window, path);
        }
    }

    // The bytes of the next value; null at the end of the list.
    private static (byte[]? Text, long Line) Value(DataWindow window, ref JsonReaderState state, string path)
    {
        while (true)
        {
            Utf8JsonReader reader = new(window.Rest, isFinalBlock: false, state);
            if (Try(window, path, ref reader, static (ref Utf8JsonReader r) => r.Read()))
            {
                int start = (int)reader.TokenStartIndex;
                if (reader.TokenType == JsonTokenType.EndArray)
                {
                    return (null, 0);
                }

                if (Try(window, path, ref reader, static (ref Utf8JsonReader r) => r.TrySkip()))
                {
                    byte[] text = window.Rest[start..(int)reader.BytesConsumed].ToArray();
                    long line = window.LineAt(start);
                    state = reader.CurrentState;
                    window.Consume((int)reader.BytesConsumed);
                    return (text, line);
                }
            }

            More(window, path);
        }
    }

    private delegate bool Step(ref Utf8JsonReader reader);

    private static bool Try(DataWindow window, string path, ref Utf8JsonReader reader, Step step)
    {
        long before = reader.BytesConsumed;
        try
        {
            return step(ref reader);
        }
        catch (JsonException wrong)
        {
            string what = wrong.Message.Split(" LineNumber", StringSplitOptions.None)[0];
            throw new InvalidDataException($"{path}: line {window.LineAt((int)Math.Max(before, reader.BytesConsumed))}: {what}");
        }
    }

    private static void More(DataWindow window, string path)
    {
        if (window.IsFinal)
        {
            throw new InvalidDataException($"{path}: line {window.LineAt(window.Rest.Length)}: the file ends in the middle of a value.");
        }

        window.Fill();
    }
}
