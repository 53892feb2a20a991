using LlavaCuda.Images;
using LlavaCuda.Text;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Generation;

/// <summary>A request in the terms of Microsoft.Extensions.AI, translated to the model's.</summary>
/// <param name="Conversation">The turns.</param>
/// <param name="Images">Their images.</param>
/// <param name="Template">The model's template, with the request's system message where it has one.</param>
internal sealed record ChatPrompt(Conversation Conversation, IReadOnlyList<RgbImage> Images, ConversationTemplate Template)
{
    /// <summary>Translates messages.</summary>
    /// <param name="messages">The request's messages.</param>
    /// <param name="template">The model's template.</param>
    /// <param name="instructions">A system message that came beside the messages, or null.</param>
    /// <param name="order">Where images go within their message.</param>
    /// <param name="files">How image files are read; null for the defaults.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="ArgumentException">There is no message, or one of a role or content that the model has no place for.</exception>
    internal static ChatPrompt From(
        IEnumerable<ChatMessage> messages, ConversationTemplate template, string? instructions = null, ImageOrder order = ImageOrder.First, ImageReadOptions? files = null)
    {
        List<Turn> turns = [];
        List<RgbImage> images = [];
        List<string> system = instructions is null ? [] : [instructions];
        foreach (ChatMessage message in messages)
        {
            if (message.Role == ChatRole.System)
            {
                system.Add(string.Concat(message.Contents.SelectMany(content => Parts(content, "system", images, files)).Select(static part => part.Text)));
            }
            else if (message.Role == ChatRole.User)
            {
                turns.Add(Turn.Human([.. message.Contents.SelectMany(content => Parts(content, "user", images, files))], order));
            }
            else if (message.Role == ChatRole.Assistant)
            {
                turns.Add(new Turn(Role.Assistant, [.. message.Contents.SelectMany(content => Parts(content, "assistant", images, files))]));
            }
            else
            {
                throw new ArgumentException($"A message has the role '{message.Role}'; the model knows system, user and assistant.");
            }
        }

        return turns.Count == 0
            ? throw new ArgumentException("There is no message of the user.")
            : new ChatPrompt(new Conversation(turns), images, system.Count == 0 ? template : template.WithSystem(string.Join("\n", system)));
    }

    /// <summary>Translates options; what the model cannot do is refused.</summary>
    /// <param name="options">The request's options.</param>
    /// <returns>The model's options.</returns>
    /// <exception cref="NotSupportedException">An option asks for what the model cannot do.</exception>
    internal static GenerationOptions Translate(ChatOptions? options)
    {
        GenerationOptions defaults = new();
        if (options is null)
        {
            return defaults;
        }

        Refuse(options.Tools is { Count: > 0 } || options.ToolMode is RequiredChatToolMode, "tools");
        Refuse(options.ConversationId is not null, "a conversation kept under an id");
        Refuse(options.ResponseFormat is ChatResponseFormatJson, "a JSON response format");
        Refuse(options.FrequencyPenalty is not (null or 0), "a frequency penalty");
        Refuse(options.PresencePenalty is not (null or 0), "a presence penalty");
        return new GenerationOptions
        {
            MaxNewTokens = options.MaxOutputTokens ?? defaults.MaxNewTokens,
            Temperature = options.Temperature ?? defaults.Temperature,
            TopK = options.TopK ?? defaults.TopK,
            TopP = options.TopP ?? defaults.TopP,
            Seed = (ulong)(options.Seed ?? 0),
            StopStrings = [.. options.StopSequences ?? []],
        }.Validate();
    }

    private static void Refuse(bool asked, string what)
    {
        if (asked)
        {
            throw new NotSupportedException($"The model cannot serve {what}.");
        }
    }

    private static IEnumerable<ContentPart> Parts(AIContent content, string role, List<RgbImage> images, ImageReadOptions? files)
    {
        switch (content)
        {
            case TextContent text:
                return [new ContentPart(text.Text ?? string.Empty)];
            case DataContent data when data.HasTopLevelMediaType("image") && role == "user":
                images.Add(ImageFile.Decode(data.Data.Span, $"image {images.Count + 1}", files));
                return [ContentPart.Image];
            case DataContent data:
                throw new ArgumentException($"A message of the {role} holds {data.MediaType} data; the model takes images of the user.");
            case UriContent uri:
                throw new ArgumentException($"A message links to {uri.Uri}; nothing is fetched: pass the image's bytes as DataContent.");
            case UsageContent:
                return [];
            default:
                throw new ArgumentException($"A message holds {content.GetType().Name}; the model takes text and images.");
        }
    }
}
