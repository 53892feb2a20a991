using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Generation;

/// <summary>
/// A LLaVA behind Microsoft.Extensions.AI. Pictures come as <see cref="DataContent"/> of an image type and reach the model in their order; what cannot be done is refused, nothing is left out in silence.
/// One request computes at a time.
/// </summary>
public sealed class LlavaChatClient : IChatClient
{
    private readonly LlavaModel _model;
    private readonly ChatSession _session;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ChatClientMetadata _metadata;

    /// <summary>Initializes a new instance of the <see cref="LlavaChatClient"/> class.</summary>
    /// <param name="model">The model, which the caller disposes after the client.</param>
    public LlavaChatClient(LlavaModel model)
    {
        _model = model;
        _session = model.StartChat();
        _metadata = new ChatClientMetadata("llava", providerUri: null, model.Name);
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ChatPrompt prompt = ChatPrompt.From(messages, _model.Template, options?.Instructions);
        GenerationOptions generation = ChatPrompt.Translate(options);
        if (options?.ModelId is { } asked && asked != _model.Name)
        {
            throw new NotSupportedException($"Model '{asked}' was asked for; this client has '{_model.Name}'.");
        }

        string response = Guid.NewGuid().ToString("N");
        await _turn.WaitAsync(cancellationToken);
        try
        {
            using IEnumerator<string> pieces = _session.Continue(prompt.Conversation, prompt.Images, prompt.Template, generation, cancellationToken).GetEnumerator();

            // Computing a token blocks; it is moved off the caller's thread, which may be one that draws a window.
            while (await Task.Run(pieces.MoveNext, CancellationToken.None))
            {
                yield return Update(ChatRole.Assistant, new TextContent(pieces.Current));
            }

            cancellationToken.ThrowIfCancellationRequested();
            Answer answer = _session.LastAnswer!;
            ChatResponseUpdate last = Update(ChatRole.Assistant, new UsageContent(new UsageDetails
            {
                InputTokenCount = answer.PromptRows,
                OutputTokenCount = answer.NewTokens,
                TotalTokenCount = answer.PromptRows + answer.NewTokens,
                AdditionalCounts = new() { ["InputImageTokenCount"] = answer.ImageRows },
            }));
            last.FinishReason = answer.End == AnswerEnd.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;
            yield return last;
        }
        finally
        {
            _turn.Release();
        }

        ChatResponseUpdate Update(ChatRole role, AIContent content) => new(role, [content]) { ResponseId = response, MessageId = response, ModelId = _model.Name };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType.IsInstanceOfType(_model) ? _model
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        // A request that is under way computes with the session's memory.
        _turn.Wait();
        _session.Dispose();
        _turn.Dispose();
    }
}
