using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Generation;

/// <summary>
/// A LLaVA behind Microsoft.Extensions.AI. Images come as <see cref="DataContent"/> of an image type and go before the text of their message unless the model's <see cref="LlavaModel.ImageOrder"/> says
/// otherwise; unsupported options throw; nothing is dropped silently.
/// </summary>
/// <remarks>
/// Any thread may ask. One request computes at a time, the others wait in their order; a request's answer is generated whether or not its reader keeps up, so that a reader may ask again, or dispose the
/// client, in the middle of an answer. A request ends early by its token, by disposing its enumerator, or with the client.
/// </remarks>
public sealed class LlavaChatClient : IChatClient
{
    private readonly LlavaModel _model;
    private readonly ChatSession _session;
    private readonly ChatClientMetadata _metadata;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _disposal = new();
    private readonly CancellationToken _disposed;
    private Task _last = Task.CompletedTask;
    private int _disposals;

    /// <summary>Initializes a new instance of the <see cref="LlavaChatClient"/> class.</summary>
    /// <param name="model">The model, which the caller disposes.</param>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public LlavaChatClient(LlavaModel model)
    {
        _model = model;
        _session = model.StartChat();
        _metadata = new ChatClientMetadata("llava", providerUri: null, model.Name);
        _disposed = _disposal.Token;
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ThrowIfDisposed();
        ChatPrompt prompt = ChatPrompt.From(messages, _model.Template, options?.Instructions, _model.ImageOrder, _model.ImageFiles);
        GenerationOptions generation = ChatPrompt.Translate(options);
        if (options?.ModelId is { } asked && asked != _model.Name)
        {
            throw new NotSupportedException($"Model '{asked}' was asked for; this client has '{_model.Name}'.");
        }

        string response = Guid.NewGuid().ToString("N");
        Channel<string> pieces = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed);
        Task<Answer> answering = AnswerInTurn(prompt, generation, pieces.Writer, ended.Token, cancellationToken);
        try
        {
            await foreach (string piece in pieces.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                ThrowIfDisposed();
                yield return Update(new TextContent(piece));
            }

            Answer answer = await answering.ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            ChatResponseUpdate last = Update(new UsageContent(new UsageDetails
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
            // The reader may have left early: the answer then ends with the token that is being computed, and how it ended concerns nobody.
            await ended.CancelAsync().ConfigureAwait(false);
            await ((Task)answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        ChatResponseUpdate Update(AIContent content) => new(ChatRole.Assistant, [content]) { ResponseId = response, MessageId = response, ModelId = _model.Name };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType.IsInstanceOfType(_model) ? _model
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    /// <summary>
    /// Ends all requests, those that wait too, with an <see cref="ObjectDisposedException"/>, and frees the client's memory once the step that is being computed has ended. A second call does nothing.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposals, 1) == 0)
        {
            _disposal.Cancel();
            _session.Dispose();
            _disposal.Dispose();
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);

    // Requests form a chain: each waits for the one before and lets the next one go when both have ended, so that one which gives up waiting lets nobody overtake.
    private async Task<Answer> AnswerInTurn(ChatPrompt prompt, GenerationOptions options, ChannelWriter<string> pieces, CancellationToken ended, CancellationToken caller)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_gate)
        {
            before = _last;
            _last = Task.WhenAll(before, done.Task);
        }

        try
        {
            await before.WaitAsync(ended).ConfigureAwait(false);

            // Computing blocks; it is moved off the caller's thread, which may be one that draws a window.
            return await Task.Run(() => Answer(prompt, options, pieces, ended), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException && !caller.IsCancellationRequested && _disposed.IsCancellationRequested)
        {
            throw new ObjectDisposedException(typeof(LlavaChatClient).FullName);
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            throw new OperationCanceledException(caller);
        }
        finally
        {
            pieces.Complete();
            done.SetResult();
        }
    }

    private Answer Answer(ChatPrompt prompt, GenerationOptions options, ChannelWriter<string> pieces, CancellationToken ended)
    {
        foreach (string piece in _session.Continue(prompt.Conversation, prompt.Images, prompt.Template, options, ended))
        {
            pieces.TryWrite(piece);
        }

        ended.ThrowIfCancellationRequested();
        return _session.LastAnswer!;
    }
}
