using Microsoft.Extensions.AI;
using Polly;
using Polly.Retry;

namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// Sends a request until it is answered, given up or hopeless: limits of rate before every try, a time-out for each, and waits between
/// them.
/// </summary>
internal sealed class CallPipeline : IDisposable
{
    private readonly IChatClient _client;
    private readonly CallerSettings _settings;
    private readonly ResiliencePipeline<ChatResponse> _retry;
    private readonly ResiliencePipeline<ChatResponse> _timeout;
    private readonly CallRate? _requests;
    private readonly CallRate? _tokens;

    /// <summary>Initializes a new instance of the <see cref="CallPipeline"/> class.</summary>
    /// <param name="client">Who answers; stays the caller's.</param>
    /// <param name="settings">How requests are sent.</param>
    internal CallPipeline(IChatClient client, CallerSettings settings)
    {
        _client = client;
        _settings = settings;
        _retry = settings.Tries == 1 ? ResiliencePipeline<ChatResponse>.Empty : new ResiliencePipelineBuilder<ChatResponse>()
            .AddRetry(new RetryStrategyOptions<ChatResponse>
            {
                MaxRetryAttempts = settings.Tries - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = settings.Delay,
                MaxDelay = settings.MaxDelay,
                ShouldHandle = static tried => ValueTask.FromResult(
                    tried.Outcome.Exception is { } error && CallFault.IsPassing(error) && !CallFault.EndsRun(error)),
                DelayGenerator = static tried => ValueTask.FromResult(CallFault.RetryAfter(tried.Outcome.Exception, DateTimeOffset.UtcNow)),
            })
            .Build();
        _timeout = new ResiliencePipelineBuilder<ChatResponse>().AddTimeout(settings.Timeout).Build();
        _requests = settings.RequestsPerMinute is { } requests ? new CallRate(requests) : null;
        _tokens = settings.TokensPerMinute is { } tokens ? new CallRate(tokens) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _requests?.Dispose();
        _tokens?.Dispose();
    }

    /// <summary>Sends a request.</summary>
    /// <param name="call">The request.</param>
    /// <param name="expected">The tokens that it is expected to use.</param>
    /// <param name="tries">Is told of every try.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <returns>The reply.</returns>
    internal async Task<ChatResponse> SendAsync(ModelCall call, CallUsage expected, ICallTries tries, CancellationToken cancellation)
    {
        ChatOptions options = new()
        {
            ModelId = _settings.AskedAs,
            Temperature = (float?)call.Options.Temperature,
            TopP = (float?)call.Options.TopP,
            MaxOutputTokens = call.Options.MaxTokens,
            Seed = call.Options.Seed,
        };
        return await _retry.ExecuteAsync(
            async stop =>
            {
                await (_requests?.WaitAsync(1, stop) ?? Task.CompletedTask).ConfigureAwait(false);
                await (_tokens?.WaitAsync(expected.Tokens, stop) ?? Task.CompletedTask).ConfigureAwait(false);
                await tries.BeginAsync(stop).ConfigureAwait(false);
                try
                {
                    return await _timeout.ExecuteAsync(
                        async late => await _client.GetResponseAsync(call.Messages, options, late).ConfigureAwait(false),
                        stop).ConfigureAwait(false);
                }
                catch (Exception error)
                {
                    tries.Failed(error);
                    throw;
                }
            },
            cancellation).ConfigureAwait(false);
    }
}

/// <summary>Is told of the tries of a request.</summary>
internal interface ICallTries
{
    /// <summary>A try is about to be sent.</summary>
    /// <param name="cancellation">Gives it up.</param>
    public Task BeginAsync(CancellationToken cancellation);

    /// <summary>A try that was begun has no reply.</summary>
    /// <param name="error">Why.</param>
    public void Failed(Exception error);
}
