using System.Text.Json;

namespace LlavaCuda.Trainer.Data;

/// <summary>
/// Reads a data file a sample at a time: a JSON array of samples, or JSON Lines, which the first character tells. A sample that is wrong
/// does not keep the others from being read; neither does a line that is not JSON.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="block">The most bytes that are read at a time.</param>
/// <param name="longest">The most bytes of one text, and characters of all texts of a sample.</param>
internal sealed class ConversationReader(
    string path, int block = DataWindow.DefaultBlock, int longest = SampleParser.LongestText) : IDisposable
{
    private readonly DataWindow _window = new(path, block);
    private JsonReaderState _state = new(JsonTokens.Options);
    private InvalidDataException? _broken;
    private bool? _isArray;
    private bool _isOver;
    private int _count;

    public void Dispose() => _window.Dispose();

    /// <summary>Reads the next sample.</summary>
    /// <param name="sample">The sample, or null if it is wrong.</param>
    /// <param name="fault">What is wrong with it, as a line that names it and has no full stop, or null.</param>
    /// <returns>False after the last.</returns>
    /// <exception cref="InvalidDataException">The rest of the file cannot be read; the message names file and line.</exception>
    internal bool Read(out ConversationSample? sample, out string? fault)
    {
        (sample, fault) = (null, null);
        if (_broken is not null)
        {
            throw _broken;
        }

        JsonTokens tokens = new(_window, _state, longest);
        SamplePlace place = new(path, _count, string.Empty, 0);
        SampleParser parser = default;
        try
        {
            if (_isOver || !Begin(ref tokens))
            {
                return false;
            }

            _count++;
            place = place with { Line = tokens.Line };
            int depth = tokens.Depth;
            parser = new SampleParser(tokens, place);
            try
            {
                sample = parser.Parse();
                tokens = parser.Tokens;
            }
            catch (SampleFaultException error)
            {
                fault = Line(parser.Place with { Line = error.Line }, error.Message);
                tokens = parser.Tokens;
                tokens.SkipSample(depth);
            }

            _state = tokens.Leave();
        }
        catch (JsonSyntaxException error) when (_isArray == false)
        {
            _count = place.Index + 1;
            string what = place.Line > 0 ? error.Message : error.Message.Replace("nothing after the end", "the next sample", StringComparison.Ordinal);
            if (place.Line > 0 && error.Line > place.Line && !parser.IsSpread)
            {
                // The lines that follow are whole, whatever they seem to be in the middle of this sample.
                fault = Line(parser.Place, $"the sample does not end on its line (line {error.Line}: {what})");
            }
            else
            {
                fault ??= Line(place with { Line = error.Line }, what);
            }

            GoToNextLine(place.Line, error);
        }
        catch (JsonSyntaxException error)
        {
            Break(new InvalidDataException($"{path}: line {error.Line}: {error.Message}.", error), fault);
        }
        catch (InvalidDataException error) when (fault is not null)
        {
            Break(error, fault);
        }

        return true;
    }

    private static string Line(SamplePlace place, string what) => $"{place}: {what}";

    // A fault of a sample that was found before is told first.
    private void Break(InvalidDataException error, string? fault) => _broken = fault is null ? throw error : error;

    private bool Begin(ref JsonTokens tokens)
    {
        if (!tokens.Read())
        {
            return _isArray is null
                ? throw new InvalidDataException($"{path}: the file is empty; expected a JSON array of samples, or JSON Lines.")
                : false;
        }

        if (_isArray is null)
        {
            _isArray = tokens.Type switch
            {
                JsonTokenType.StartArray => true,
                JsonTokenType.StartObject => false,
                _ => throw new InvalidDataException(
                    $"{path}: line {tokens.Line}: expected a JSON array of samples, or JSON Lines, but the file begins with a single value."),
            };
            _ = !_isArray.Value || tokens.Read();
        }

        if (_isArray.Value && tokens is { Depth: 0, Type: JsonTokenType.EndArray })
        {
            _isOver = true;
            return tokens.Read()
                ? throw new InvalidDataException($"{path}: line {tokens.Line}: expected nothing after the end of the array.")
                : _count == 0 ? throw new InvalidDataException($"{path}: the array holds no sample.") : false;
        }

        return true;
    }

    // In JSON Lines a sample ends with its line at the latest; one that began on an earlier line lacks its end, and the line of the fault
    // may be whole.
    private void GoToNextLine(long begun, JsonSyntaxException error)
    {
        int lineStart = _window.Rest[..error.At].LastIndexOf((byte)'\n') + 1;
        if (error.Line > begun && begun > 0 && (lineStart > 0 || _window.BeginsLine))
        {
            _window.Consume(lineStart);
        }
        else
        {
            _window.Consume(error.At);
            int end;
            while ((end = _window.Rest.IndexOf((byte)'\n')) < 0 && !_window.IsFinal)
            {
                _window.Consume(_window.Rest.Length);
                _window.Fill();
            }

            _window.Consume(end < 0 ? _window.Rest.Length : end + 1);
        }

        _state = new JsonReaderState(JsonTokens.Options);
    }
}
