using System.Text;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// Guesses the tokens of a request before it is sent, for budgets, rate limits and estimates: a token for 3 bytes of text, which English
/// rarely reaches, and a fixed number for an image.
/// </summary>
internal static class CallSize
{
    private const int BytesPerToken = 3;
    private const int TokensPerMessage = 4;
    private const int TokensPerImage = 1500;
    private const int UsualAnswer = 1024;

    /// <summary>Guesses.</summary>
    /// <param name="call">The request.</param>
    /// <returns>Its tokens, and the most of its answer; 1024 where no limit is asked for.</returns>
    internal static CallUsage Expected(ModelCall call)
    {
        long prompt = 0;
        foreach (ChatMessage message in call.Messages)
        {
            prompt += TokensPerMessage;
            foreach (AIContent content in message.Contents)
            {
                prompt += content is TextContent text ? OfText(text.Text) : TokensPerImage;
            }
        }

        return new CallUsage(prompt, call.Options.MaxTokens ?? UsualAnswer);
    }

    /// <summary>Guesses the tokens of a text.</summary>
    /// <param name="text">The text.</param>
    internal static long OfText(string text) => (Encoding.UTF8.GetByteCount(text) + BytesPerToken - 1) / BytesPerToken;
}
