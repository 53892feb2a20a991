using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Data;

/// <content>The turns of a sample.</content>
internal ref partial struct SampleParser
{
    private void ReadTurns()
    {
        _tokens.Read();
        Require(_tokens.Type == JsonTokenType.StartArray, $"'{_turnsKey}' is {Describe()}; expected a list");
        while (_tokens.Read() && _tokens.Type != JsonTokenType.EndArray)
        {
            _turn++;
            Require(_turn < MostEntries, $"'{_turnsKey}' has more than {MostEntries} entries");
            ReadTurn();
        }

        _turn = -1;
    }

    private void ReadTurn()
    {
        Require(_tokens.Type == JsonTokenType.StartObject, $"'{PathOf(null)}' is {Describe()}; expected an object");
        string? speakerKey = null, speaker = null, contentKey = null;
        List<ContentPart>? content = null;
        while (_tokens.Read() && _tokens.Type == JsonTokenType.PropertyName)
        {
            string key = Key();
            switch (key)
            {
                case "from" or "role":
                    Require(speakerKey is null, $"'{PathOf(null)}' says twice who speaks; expected 'from' or 'role' once");
                    speakerKey = key;
                    _tokens.Read();
                    speaker = Text(key);
                    break;
                case "value" or "content":
                    Require(contentKey is null, $"'{PathOf(null)}' says twice what is said; expected 'value' or 'content' once");
                    contentKey = key;
                    content = ReadContent(key);
                    break;
                default:
                    PassOverInTurn(key);
                    break;
            }
        }

        Require(speaker is not null, $"'{PathOf(null)}' has neither 'from' nor 'role'");
        Require(content is not null, $"'{PathOf(null)}' has neither 'value' nor 'content'");
        Add(speaker!, speakerKey!, contentKey!, content!);
    }

    private void Add(string speaker, string speakerKey, string contentKey, List<ContentPart> content)
    {
        if (string.Equals(speaker, "system", StringComparison.OrdinalIgnoreCase))
        {
            Require(_turn == 0, $"'{PathOf(speakerKey)}' is 'system'; expected it in the first turn alone");
            Require(!content.Exists(static p => p.IsImage), $"'{PathOf(contentKey)}' is a system text with an image; expected text alone");
            SetSystem(string.Concat(content.Select(static p => p.Text)), contentKey);
            return;
        }

        Role? role = speaker.ToLowerInvariant() switch
        {
            "human" or "user" => Role.Human,
            "gpt" or "assistant" => Role.Assistant,
            _ => null,
        };
        Require(
            role is not null,
            $"'{PathOf(speakerKey)}' is {Quoted.Name(speaker)}; expected human or user, gpt or assistant, or system in the first turn");
        Require(
            _turns.Count == 0 || _turns[^1].Role != role,
            $"'{PathOf(speakerKey)}' is {Quoted.Name(speaker)}, who spoke before; expected the human and the assistant in turn");
        _turns.Add(new Turn(role!.Value, content));
    }

    private List<ContentPart> ReadContent(string key)
    {
        _tokens.Read();
        if (_tokens.Type != JsonTokenType.StartArray)
        {
            return Marked(Said(key));
        }

        List<ContentPart> content = [];
        while (_tokens.Read() && _tokens.Type != JsonTokenType.EndArray)
        {
            _part++;
            Require(_part < MostEntries, $"'{PathOf(key)}' has more than {MostEntries} entries");
            foreach (ContentPart part in _tokens.Type == JsonTokenType.StartObject ? ReadPart() : Marked(Said(null)))
            {
                Append(content, part);
            }
        }

        _part = -1;
        return content;
    }

    // Images stand on lines of their own, as <image> does in LLaVA's data.
    private static void Append(List<ContentPart> content, ContentPart part)
    {
        bool touches = content.Count > 0 && (part.IsImage || content[^1].IsImage);
        if (touches && content[^1].Text?.EndsWith('\n') != true && part.Text?.StartsWith('\n') != true)
        {
            content.Add(new ContentPart("\n"));
        }

        content.Add(part);
    }

    /// <summary>An object of a list of content: a text or an image, by its <c>type</c> or by what it has.</summary>
    private List<ContentPart> ReadPart()
    {
        string? type = null, text = null, image = null;
        bool hasImage = false;
        int? index = null;
        while (_tokens.Read() && _tokens.Type == JsonTokenType.PropertyName)
        {
            string key = Key();
            switch (key)
            {
                case "type":
                    _tokens.Read();
                    type = Text(key);
                    break;
                case "text":
                    _tokens.Read();
                    text = _tokens.Type == JsonTokenType.Null ? null : Said(key);
                    break;
                case "image" or "image_url" or "path" or "url":
                    hasImage = true;
                    image = ReadPartImage(key) ?? image;
                    break;
                case "index":
                    _tokens.Read();
                    Require(_tokens.Type is JsonTokenType.Number or JsonTokenType.Null, $"'{PathOf(key)}' is {Describe()}; expected a number");
                    index = _tokens.Type == JsonTokenType.Null ? null : int.TryParse(_tokens.Number, out int number) ? number : -1;
                    break;
                default:
                    PassOver(key);
                    break;
            }
        }

        type ??= hasImage ? "image" : "text";
        if (type is "image" or "image_url" or "input_image")
        {
            Require(string.IsNullOrEmpty(text), $"'{PathOf("text")}' is the text of an image; expected texts and images apart");
            Require(index is null || index == _marks, $"'{PathOf("index")}' is not {_marks}; expected images in their order");
            AddInline(image);
            _marks++;
            return [ContentPart.Image];
        }

        Require(type is "text" or "input_text" or "output_text", $"'{PathOf("type")}' is {Quoted.Name(type)}; expected text or image");
        Require(image is null, $"'{PathOf("image")}' is an image in a text; expected texts and images apart");
        Require(text is not null, $"'{PathOf(null)}' has no 'text'");
        return Marked(text!);
    }

    private string? ReadPartImage(string key)
    {
        _tokens.Read();
        if (_tokens.Type == JsonTokenType.Null)
        {
            return null;
        }

        if (_tokens.Type != JsonTokenType.StartObject)
        {
            return Image(key);
        }

        string? image = null;
        while (_tokens.Read() && _tokens.Type == JsonTokenType.PropertyName)
        {
            string inner = Key();
            _tokens.Read();
            if (inner is "url" or "path")
            {
                image = Image(key);
            }
            else
            {
                _tokens.Skip();
            }
        }

        Require(image is not null, $"'{PathOf(key)}' has neither 'url' nor 'path'");
        return image;
    }

    private readonly void AddInline(string? image)
    {
        string what = image is null ? "has no path, but images before it have" : "has a path, but images before it have none";
        Require(_inlineImages.Count == (image is null ? 0 : _marks), $"'{PathOf(null)}' {what}");
        if (image is not null)
        {
            _inlineImages.Add(image);
        }
    }

    // What is said goes to the model: its size is bounded, and a larger one is a matter of the policy for samples that are too long.
    private string Said(string? key)
    {
        if (_tokens is { Type: JsonTokenType.String, IsCut: true })
        {
            _oversized ??= $"'{PathOf(key)}' on line {_tokens.Line} has more than {_tokens.Longest:N0} bytes";
            return string.Empty;
        }

        return Held(Text(key), key);
    }

    private List<ContentPart> Marked(string text)
    {
        Turn marked = Turn.FromMarked(Role.Human, text);
        _marks += marked.ImageCount;
        return [.. marked.Content];
    }

    private void PassOverInTurn(string key)
    {
        switch (key)
        {
            case "tool_calls" or "function_call" or "tool_call_id":
                _tokens.Read();
                Require(IsNothing(null), $"'{PathOf(key)}' is not empty; calls of tools cannot be trained");
                break;
            case "weight" or "loss" or "train":
                _tokens.Read();
                Require(
                    _tokens.Type is JsonTokenType.True or JsonTokenType.Null || NumberIs(1),
                    $"'{PathOf(key)}' changes what is learned of a turn, which is not supported; expected true or 1");
                break;
            default:
                PassOver(key);
                break;
        }
    }

    // The place of a key in the sample, for messages.
    private readonly string PathOf(string? key)
    {
        string turn = _turn < 0 ? string.Empty : $"{_turnsKey}[{_turn}]";
        string part = _part < 0 ? string.Empty : $"{(turn.Length > 0 ? ".content" : string.Empty)}[{_part}]";
        string inside = turn + part;
        return key is null ? inside : inside.Length == 0 ? Quoted.Line(key) : $"{inside}.{Quoted.Line(key)}";
    }
}
