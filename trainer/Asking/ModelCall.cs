using Microsoft.Extensions.AI;

namespace LlavaCuda.Trainer.Asking;

/// <summary>How a model is asked. What is null is left to the provider.</summary>
internal sealed record CallOptions
{
    /// <summary>Gets the sampling temperature.</summary>
    internal double? Temperature { get; init; }

    /// <summary>Gets the share of probability that is drawn from.</summary>
    internal double? TopP { get; init; }

    /// <summary>Gets the most tokens of an answer.</summary>
    internal int? MaxTokens { get; init; }

    /// <summary>Gets the seed, for providers that have one.</summary>
    internal long? Seed { get; init; }

    /// <summary>Gets which of several answers to the same request this is; it is not sent, but part of the key.</summary>
    internal int Sample { get; init; }
}

/// <summary>One request to a model.</summary>
/// <param name="Name">The caller's own name of it; not sent, and not part of the key.</param>
/// <param name="Messages">The conversation; images as <see cref="DataContent"/>.</param>
/// <param name="Options">How to answer.</param>
internal sealed record ModelCall(string Name, IReadOnlyList<ChatMessage> Messages, CallOptions Options);

/// <summary>What came of a request.</summary>
/// <param name="Call">The request.</param>
/// <param name="Text">The answer; null where there is none.</param>
/// <param name="FinishReason">Why the answer ended, as the provider says: <c>stop</c>, <c>length</c>, <c>content_filter</c>.</param>
/// <param name="Failure">Why there is no answer, in one line; null where there is one.</param>
/// <param name="PromptTokens">Tokens of the request.</param>
/// <param name="AnswerTokens">Tokens of the answer.</param>
/// <param name="FromStore">Whether the answer, or the refusal, was there before this run.</param>
internal sealed record CallOutcome(
    ModelCall Call, string? Text, string? FinishReason, string? Failure, long PromptTokens, long AnswerTokens, bool FromStore)
{
    /// <summary>
    /// Gets a value indicating whether the request is still open: it was not sent, or given up, and the same command asks it again. A
    /// request that was refused is not; it stays so in every later run.
    /// </summary>
    internal bool IsOpen { get; private init; }

    /// <summary>Gets a value indicating whether the reply came through a batch.</summary>
    internal bool IsBatch { get; private init; }

    /// <summary>Makes the outcome of a request that is settled.</summary>
    internal static CallOutcome Of(ModelCall call, StoredReply reply, bool fromStore) =>
        new(call, reply.Text, reply.FinishReason, reply.Failure, reply.PromptTokens, reply.AnswerTokens, fromStore)
        {
            IsBatch = reply.Batch,
        };

    /// <summary>Makes the outcome of a request that is still open.</summary>
    internal static CallOutcome Open(ModelCall call, string why) => new(call, null, null, why, 0, 0, FromStore: false) { IsOpen = true };
}

/// <summary>Asks a model many things.</summary>
internal interface IModelCaller
{
    /// <summary>Gets the model's name.</summary>
    public string Model { get; }

    /// <summary>
    /// Asks. Requests are taken as places become free, several are on their way at once, and outcomes come in the order of the requests.
    /// </summary>
    /// <param name="calls">The requests.</param>
    /// <param name="cancellation">Stops; what is on its way is given up.</param>
    /// <returns>One outcome for each request.</returns>
    public IAsyncEnumerable<CallOutcome> RunAsync(IEnumerable<ModelCall> calls, CancellationToken cancellation);
}
