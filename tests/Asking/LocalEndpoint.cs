using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LlavaCuda.Tests.Asking;

/// <summary>What the endpoint was asked.</summary>
/// <param name="Number">Which request it is, from 1 on.</param>
/// <param name="Body">The JSON that was sent.</param>
/// <param name="LastText">The text of the last message.</param>
internal sealed record EndpointRequest(int Number, JsonElement Body, string LastText);

/// <summary>What the endpoint replies. A reply without a text is one of the faults of real servers.</summary>
internal sealed record EndpointReply(string? Text)
{
    /// <summary>Gets the HTTP status.</summary>
    internal int Status { get; init; } = 200;

    /// <summary>Gets the whole body, in place of a completion.</summary>
    internal string? Body { get; init; }

    /// <summary>Gets the header <c>Retry-After</c>.</summary>
    internal string? RetryAfter { get; init; }

    /// <summary>Gets why the answer ends.</summary>
    internal string FinishReason { get; init; } = "stop";

    /// <summary>Gets how long the reply takes.</summary>
    internal TimeSpan Wait { get; init; }

    /// <summary>Gets a value indicating whether the connection is cut in the middle of the body.</summary>
    internal bool IsCut { get; init; }
}

/// <summary>A server with OpenAI's interface on a free port of this machine; a function decides every reply.</summary>
internal sealed class LocalEndpoint : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly Func<EndpointRequest, EndpointReply> _reply;
    private int _requests;
    private int _running;

    private LocalEndpoint(WebApplication server, Func<EndpointRequest, EndpointReply> reply)
    {
        _server = server;
        _reply = reply;
    }

    /// <summary>Gets the address, up to <c>/v1</c>.</summary>
    internal Uri Url => new($"{_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()}/v1");

    /// <summary>Gets all that was asked.</summary>
    internal ConcurrentQueue<EndpointRequest> Requests { get; } = new();

    /// <summary>Gets the texts that were answered with a whole completion.</summary>
    internal ConcurrentQueue<string> Answered { get; } = new();

    /// <summary>Gets the most requests that were there at once.</summary>
    internal int MostAtOnce { get; private set; }

    /// <summary>Starts the server.</summary>
    internal static async Task<LocalEndpoint> StartAsync(Func<EndpointRequest, EndpointReply> reply)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        LocalEndpoint endpoint = new(builder.Build(), reply);
        endpoint._server.MapPost("/v1/chat/completions", endpoint.AnswerAsync);
        await endpoint._server.StartAsync();
        return endpoint;
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private static string Completion(string model, EndpointReply reply, int promptTokens)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteString("id", "chatcmpl-1");
            json.WriteString("object", "chat.completion");
            json.WriteNumber("created", 1);
            json.WriteString("model", model + "-0001");
            json.WriteStartArray("choices");
            json.WriteStartObject();
            json.WriteNumber("index", 0);
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            json.WriteString("content", reply.Text);
            json.WriteEndObject();
            json.WriteString("finish_reason", reply.FinishReason);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartObject("usage");
            int answer = reply.Text!.Split(' ').Length;
            json.WriteNumber("prompt_tokens", promptTokens);
            json.WriteNumber("completion_tokens", answer);
            json.WriteNumber("total_tokens", promptTokens + answer);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string TextOf(JsonElement content) => content.ValueKind == JsonValueKind.String ? content.GetString()!
        : string.Concat(content.EnumerateArray().Where(static part => part.GetProperty("type").GetString() == "text").Select(static part => part.GetProperty("text").GetString()));

    private async Task AnswerAsync(HttpContext context)
    {
        int running = Interlocked.Increment(ref _running);
        MostAtOnce = Math.Max(MostAtOnce, running);
        try
        {
            using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body);
            JsonElement root = body.RootElement.Clone();
            JsonElement messages = root.GetProperty("messages");
            EndpointRequest request = new(Interlocked.Increment(ref _requests), root, TextOf(messages[messages.GetArrayLength() - 1].GetProperty("content")));
            Requests.Enqueue(request);
            EndpointReply reply = _reply(request);
            if (reply.Wait > TimeSpan.Zero)
            {
                await Task.Delay(reply.Wait, context.RequestAborted);
            }

            int promptTokens = messages.EnumerateArray().Sum(static message => TextOf(message.GetProperty("content")).Split(' ').Length);
            byte[] text = Encoding.UTF8.GetBytes(reply.Body ?? (reply.Text is null ? string.Empty : Completion(root.GetProperty("model").GetString()!, reply, promptTokens)));
            context.Response.StatusCode = reply.Status;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = text.Length;
            if (reply.RetryAfter is { } after)
            {
                context.Response.Headers.RetryAfter = after;
            }

            if (reply.IsCut)
            {
                await context.Response.Body.WriteAsync(text.AsMemory(0, text.Length / 2));
                await context.Response.Body.FlushAsync();
                context.Abort();
                return;
            }

            await context.Response.Body.WriteAsync(text);
            if (reply is { Text: not null, Status: (int)HttpStatusCode.OK })
            {
                Answered.Enqueue(request.LastText);
            }
        }
        catch (OperationCanceledException)
        {
            // Who asked went away.
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    /// <summary>A fault by number, so that tests draw them: every kind that servers make.</summary>
    internal static EndpointReply Fault(int kind) => (kind % 8) switch
    {
        0 => new EndpointReply(null) { Status = 429, Body = """{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}""" },
        1 => new EndpointReply(null) { Status = 429, Body = "{}", RetryAfter = "0.01" },
        2 => new EndpointReply(null) { Status = 429, Body = "{}", RetryAfter = DateTimeOffset.UtcNow.ToString("R", CultureInfo.InvariantCulture) },
        3 => new EndpointReply(null) { Status = 500, Body = "internal error" },
        4 => new EndpointReply(null) { Status = 503, Body = string.Empty },
        5 => new EndpointReply("this answer will be cut in its middle") { IsCut = true },
        6 => new EndpointReply(null) { Body = "{\"choices\": [" },
        _ => new EndpointReply(null) { Body = """{"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": []}""" },
    };
}
