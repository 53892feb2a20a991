using Microsoft.Extensions.AI;

namespace LlavaCuda.Trainer.Asking;

/// <summary>Reads what became of a request out of a reply.</summary>
internal static class CallReply
{
    private const string Filter = "content_filter";

    /// <summary>Reads it.</summary>
    /// <param name="response">The reply.</param>
    /// <param name="used">Its tokens.</param>
    /// <returns>An answer; or a refusal, where the model, or its provider's filter, refused and said nothing else.</returns>
    internal static StoredReply Of(ChatResponse response, CallUsage used)
    {
        string? finish = response.FinishReason?.Value;
        string? refusal = response.Messages.SelectMany(static message => message.Contents).OfType<ErrorContent>().FirstOrDefault()?.Message;
        return Of(response.Text, refusal, finish, used, batch: false);
    }

    /// <summary>Tells answers from refusals.</summary>
    /// <param name="text">The answer's text; null where there is none.</param>
    /// <param name="refusal">The model's refusal, or null.</param>
    /// <param name="finish">Why the answer ended.</param>
    /// <param name="used">Its tokens.</param>
    /// <param name="batch">Whether it came through a batch.</param>
    internal static StoredReply Of(string? text, string? refusal, string? finish, CallUsage used, bool batch)
    {
        string? failure = !string.IsNullOrEmpty(text) ? null
            : !string.IsNullOrEmpty(refusal) ? $"refused: {CallFault.Line(refusal)}"
            : finish == Filter ? "refused by the provider's filter"
            : null;
        return new StoredReply(failure is null ? text ?? string.Empty : null, failure, finish, used.Prompt, used.Answer, batch);
    }
}
