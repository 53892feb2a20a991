using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Text;

/// <summary>The turns of a chat or of a training sample.</summary>
/// <param name="turns">The turns in their order.</param>
/// <param name="id">The sample's name in error messages, or null.</param>
public sealed class Conversation(IEnumerable<Turn> turns, string? id = null)
{
    /// <summary>Gets the turns in their order.</summary>
    public IReadOnlyList<Turn> Turns { get; } = [.. turns];

    /// <summary>Gets the sample's name, or null.</summary>
    public string? Id { get; } = id;

    /// <summary>Gets the number of image places.</summary>
    public int ImageCount => Turns.Sum(t => t.ImageCount);

    /// <summary>Gets how error messages call it.</summary>
    internal string Name => Id is null ? "conversation" : $"sample '{Id}'";

    /// <summary>Reads the <c>conversations</c> list of LLaVA's data: objects with <c>from</c> (human or gpt) and <c>value</c>.</summary>
    /// <param name="conversations">The list.</param>
    /// <param name="id">The sample's id, for error messages.</param>
    /// <param name="hasImages">Whether the sample has an image; without one, <c>&lt;image&gt;</c> is ordinary text.</param>
    /// <returns>The conversation.</returns>
    /// <exception cref="InvalidDataException">The list is not of that form; the message names the sample and the key.</exception>
    public static Conversation FromJson(JsonElement conversations, string id, bool hasImages)
    {
        try
        {
            return Read(conversations, id, hasImages);
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidDataException($"sample '{id}': conversations holds text that is not valid Unicode", error);
        }
    }

    private static Conversation Read(JsonElement conversations, string id, bool hasImages)
    {
        if (conversations.ValueKind != JsonValueKind.Array || conversations.GetArrayLength() == 0)
        {
            throw new InvalidDataException($"sample '{id}': conversations is {Describe(conversations)}, a list of turns was expected");
        }

        List<Turn> turns = [];
        foreach (JsonElement turn in conversations.EnumerateArray())
        {
            string key = $"conversations[{turns.Count}]";
            if (turn.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidDataException($"sample '{id}': {key} is {Describe(turn)}, an object with from and value was expected");
            }

            Role role = ReadString(turn, "from") switch
            {
                "human" => Role.Human,
                "gpt" => Role.Assistant,
                _ => throw new InvalidDataException($"sample '{id}': {key}.from is {Describe(turn, "from")}, \"human\" or \"gpt\" was expected"),
            };
            string value = ReadString(turn, "value")
                ?? throw new InvalidDataException($"sample '{id}': {key}.value is {Describe(turn, "value")}, a string was expected");
            turns.Add(hasImages ? Turn.FromMarked(role, value) : new Turn(role, [new ContentPart(value)]));
        }

        return new Conversation(turns, id);
    }

    /// <summary>The same sample with every turn changed.</summary>
    internal Conversation Select(Func<Turn, Turn> change) => new(Turns.Select(change), Id);

    private static string? ReadString(JsonElement turn, string key) =>
        turn.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Describe(JsonElement turn, string key) =>
        turn.TryGetProperty(key, out JsonElement value) ? Describe(value) : "missing";

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => $"a list of {value.GetArrayLength()}",
        JsonValueKind.Object => "an object",
        JsonValueKind.Undefined => "missing",
        _ => Quoted.Line(value.GetRawText()),
    };
}
