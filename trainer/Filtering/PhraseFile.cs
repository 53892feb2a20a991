using System.Text.Json;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Filtering;

/// <summary>
/// Phrases that were found elsewhere, as by spaCy: a list of texts for each caption, in a JSON array or one list a line; in place of a
/// list, an object may hold it under <c>phrases</c> or <c>noun_chunks</c>.
/// </summary>
internal sealed class PhraseFile : IDisposable
{
    private const int LongestText = 1 << 24;
    private readonly string _path;
    private readonly DataWindow _window;
    private readonly bool _isArray;
    private readonly List<string> _phrases = [];
    private JsonReaderState _state;

    private PhraseFile(string path)
    {
        _path = path;
        _isArray = IsArrayOfRows(path);
        _window = new DataWindow(path);
        JsonTokens tokens = new(_window, new JsonReaderState(JsonTokens.Options), LongestText);
        if (_isArray)
        {
            tokens.Read();
        }

        _state = tokens.Leave();
    }

    /// <summary>Reads the lists.</summary>
    /// <param name="path">The file.</param>
    /// <returns>A list for each caption, valid until the next one is read.</returns>
    /// <exception cref="InvalidDataException">It is not of this form; the message names file and line.</exception>
    internal static IEnumerable<List<string>> Read(string path)
    {
        using PhraseFile file = new(path);
        while (file.Next() is { } phrases)
        {
            yield return phrases;
        }
    }

    public void Dispose() => _window.Dispose();

    private List<string>? Next()
    {
        JsonTokens tokens = new(_window, _state, LongestText);
        try
        {
            if (!tokens.Read() || (_isArray && tokens.Type == JsonTokenType.EndArray))
            {
                if (_isArray && tokens.Read())
                {
                    throw Wrong(tokens.Line, "something follows after the array");
                }

                return null;
            }

            ReadRow(ref tokens);
            _state = tokens.Leave();
            return _phrases;
        }
        catch (JsonSyntaxException error)
        {
            throw Wrong(error.Line, error.Message);
        }
    }

    private static bool IsArrayOfRows(string path)
    {
        using DataWindow window = new(path);
        JsonTokens tokens = new(window, new JsonReaderState(JsonTokens.Options), LongestText);
        try
        {
            return tokens.Read() && tokens.Type == JsonTokenType.StartArray
                && tokens.Read() && tokens.Type is JsonTokenType.StartArray or JsonTokenType.StartObject;
        }
        catch (JsonSyntaxException error)
        {
            throw new InvalidDataException($"{path}: line {error.Line}: {error.Message}.", error);
        }
    }

    private void ReadRow(ref JsonTokens tokens)
    {
        _phrases.Clear();
        if (tokens.Type == JsonTokenType.StartArray)
        {
            ReadList(ref tokens);
            return;
        }

        if (tokens.Type != JsonTokenType.StartObject)
        {
            throw Wrong(tokens.Line, "expected a list of phrases for each caption");
        }

        bool isFound = false;
        while (tokens.Read() && tokens.Type == JsonTokenType.PropertyName)
        {
            bool isList = tokens.TryGetText() is "phrases" or "noun_chunks";
            tokens.Read();
            if (isList && !isFound && tokens.Type == JsonTokenType.StartArray)
            {
                ReadList(ref tokens);
                isFound = true;
            }
            else
            {
                tokens.Skip();
            }
        }

        if (!isFound)
        {
            throw Wrong(tokens.Line, "an object has no list under 'phrases' or 'noun_chunks'");
        }
    }

    private void ReadList(ref JsonTokens tokens)
    {
        while (tokens.Read() && tokens.Type != JsonTokenType.EndArray)
        {
            string? text = tokens.Type == JsonTokenType.String && !tokens.IsCut ? tokens.TryGetText() : null;
            _phrases.Add(text ?? throw Wrong(tokens.Line, "a phrase is no text"));
        }
    }

    private InvalidDataException Wrong(long line, string fault) => new($"{_path}: line {line}: {fault}.");
}
