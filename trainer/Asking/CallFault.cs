using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using LlavaCuda.Trainer.Terminal;
using Polly.Timeout;

namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// A fault of a provider that no request of the run would escape: a wrong key, an unknown model, an account without credit.
/// </summary>
/// <param name="message">What is wrong.</param>
/// <param name="inner">Where it was found.</param>
internal sealed class EndpointException(string message, Exception? inner) : IOException(message, inner);

/// <summary>Tells the faults of requests apart.</summary>
internal static class CallFault
{
    /// <summary>The longest wait that a provider may ask for; where it asks for more, the run ends and can be gone on with then.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    private const int MostSaid = 400;
    private const string NoCredit = "insufficient_quota";

    /// <summary>
    /// Tells whether the same request may succeed a little later: limits of rate, faults of the server, connections that were cut,
    /// time-outs, and replies that make no sense.
    /// </summary>
    /// <param name="error">What was thrown; may be null.</param>
    internal static bool IsPassing(Exception? error) => error switch
    {
        ClientResultException result => result.Status is 0 or 408 or 409 or 425 or >= 500
            || (result.Status == (int)HttpStatusCode.TooManyRequests && !IsOutOfCredit(result)),
        HttpRequestException or TimeoutRejectedException or JsonException or IOException and not EndpointException => true,

        // What the client throws where a reply is JSON, but not the JSON of a completion.
        ArgumentOutOfRangeException or KeyNotFoundException or FormatException
            or InvalidOperationException and not ObjectDisposedException => true,
        _ => false,
    };

    /// <summary>Tells whether the fault is one of all requests.</summary>
    /// <param name="error">What was thrown.</param>
    internal static bool EndsRun(Exception error) =>
        error is ClientResultException { Status: 401 or 402 or 404 or 405 }
        || (error is ClientResultException result && IsOutOfCredit(result))
        || RetryAfter(error, DateTimeOffset.UtcNow) > LongestWait;

    /// <summary>
    /// Tells whether the same request would meet the same fault at any time: it is too long, or against the provider's rules. Not so an
    /// HTTP 403, which may be a matter of rights.
    /// </summary>
    /// <param name="error">What was thrown.</param>
    internal static bool IsForGood(Exception error) => error
        is ClientResultException { Status: 400 or 413 or 415 or 422 }
        or ArgumentException and not ArgumentOutOfRangeException;

    /// <summary>Makes of a failed request of a batch what it would be outside of it.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The reply.</param>
    /// <returns>A refusal; null where the request may be answered another time.</returns>
    internal static StoredReply? Refusal(int status, JsonElement body) => status is 400 or 413 or 415 or 422
        ? new StoredReply(null, $"HTTP {status}{Said(body)}", null, 0, 0, Batch: true)
        : null;

    /// <summary>Tells whether a request cannot have used tokens: it never arrived, or was answered by an error.</summary>
    /// <param name="error">What was thrown.</param>
    internal static bool IsFree(Exception error) => error is ClientResultException { Status: >= 300 }
        || Innermost(error) is SocketException
        {
            SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostNotFound
                or SocketError.HostUnreachable or SocketError.NetworkUnreachable
                or SocketError.TryAgain or SocketError.NoData,
        };

    /// <summary>Gets how long the provider asks to wait, in seconds or until a date; null where it does not.</summary>
    /// <param name="error">What was thrown; may be null.</param>
    /// <param name="now">The time.</param>
    internal static TimeSpan? RetryAfter(Exception? error, DateTimeOffset now)
    {
        if ((error as ClientResultException)?.GetRawResponse() is not PipelineResponse reply
            || !reply.Headers.TryGetValue("Retry-After", out string? value))
        {
            return null;
        }

        return double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            && seconds is >= 0 and < 1e8 ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset until)
                ? until > now ? until - now : TimeSpan.Zero
            : null;
    }

    /// <summary>Says what happened, in one line.</summary>
    /// <param name="error">What was thrown.</param>
    internal static string Describe(Exception error) => error switch
    {
        ClientResultException { Status: > 0 } result => $"HTTP {result.Status}{Said(result)}{Wait(result)}",
        TimeoutRejectedException => "no answer in time",
        JsonException or ArgumentOutOfRangeException or KeyNotFoundException or FormatException =>
            $"the reply is not that of a chat completion ({Line(error.Message)})",
        _ => Line(Innermost(error).Message),
    };

    /// <summary>Makes one line, of a bounded length, of what a provider said.</summary>
    /// <param name="said">What it said.</param>
    internal static string Line(string said) => TerminalText.Line(said.Length <= MostSaid ? said : $"{said[..MostSaid]}...");

    private static string Wait(ClientResultException error) => RetryAfter(error, DateTimeOffset.UtcNow) is { } wait && wait > LongestWait
        ? string.Create(CultureInfo.InvariantCulture, $" (it asks to wait {wait.TotalMinutes:0} minutes)")
        : string.Empty;

    private static bool IsOutOfCredit(ClientResultException error) =>
        Body(error).Contains(NoCredit, StringComparison.Ordinal)
        || error.Message.Contains(NoCredit, StringComparison.Ordinal);

    private static string Body(ClientResultException error)
    {
        try
        {
            return error.GetRawResponse()?.Content.ToString() ?? string.Empty;
        }
        catch (InvalidOperationException)
        {
            // The body was never read.
            return string.Empty;
        }
    }

    private static string Said(ClientResultException error)
    {
        try
        {
            using JsonDocument reply = JsonDocument.Parse(Body(error));
            return Said(reply.RootElement);
        }
        catch (JsonException)
        {
            return string.Empty;
        }
    }

    // The provider's own sentence, where its reply has one.
    private static string Said(JsonElement reply) =>
        reply.ValueKind == JsonValueKind.Object && reply.TryGetProperty("error", out JsonElement fault)
        && fault.ValueKind == JsonValueKind.Object && fault.TryGetProperty("message", out JsonElement message)
        && message.ValueKind == JsonValueKind.String
            ? $": {Line(message.GetString()!)}"
            : string.Empty;

    private static Exception Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error;
}
