using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using OpenAI;

namespace LlavaCuda.Trainer.Asking;

/// <summary>Providers with OpenAI's interface.</summary>
internal static class Endpoint
{
    private const string NoKey = "none";

    /// <summary>Makes a client of OpenAI's official library. Retries and time-outs are not its business here.</summary>
    /// <param name="url">The endpoint, up to <c>/v1</c>; null for OpenAI's own.</param>
    /// <param name="key">The key; null for servers that need none.</param>
    /// <param name="model">The model's name.</param>
    /// <returns>The client, which the caller disposes.</returns>
    internal static IChatClient Connect(Uri? url, string? key, string model)
    {
        HttpClient http = new(new KeyMask(key)) { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            OpenAIClientOptions options = new()
            {
                RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
                NetworkTimeout = Timeout.InfiniteTimeSpan,
                Transport = new HttpClientPipelineTransport(http),
            };
            if (url is not null)
            {
                options.Endpoint = url;
            }

            IChatClient client = new OpenAIClient(new ApiKeyCredential(key ?? NoKey), options).GetChatClient(model).AsIChatClient();
            return new OwningClient(client, http);
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    private sealed class OwningClient(IChatClient client, HttpClient http) : DelegatingChatClient(client)
    {
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
            {
                http.Dispose();
            }
        }
    }
}
