using System.Threading.RateLimiting;
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
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private readonly IChatClient _client;
    private readonly CallerSettings _settings;
    private readonly ResiliencePipeline<ChatResponse> _retry;
    private readonly ResiliencePipeline<ChatResponse> _timeout;
    private readonly TokenBucketRateLimiter? _requests;
    private readonly TokenBucketRateLimiter? _tokens;

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
                ShouldHandle = static tried => ValueTask.FromResult(CallFault.IsPassing(tried.Outcome.Exception)),
                DelayGenerator = static tried => ValueTask.FromResult(CallFault.RetryAfter(tried.Outcome.Exception, DateTimeOffset.UtcNow)),
            })
            .Build();
        _timeout = new ResiliencePipelineBuilder<ChatResponse>().AddTimeout(settings.Timeout).Build();
        _requests = Limit(settings.RequestsPerMinute);
        _tokens = Limit(settings.TokensPerMinute);
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
    /// <param name="cancellation">Gives it up.</param>
    /// <returns>The reply.</returns>
    internal async Task<ChatResponse> SendAsync(ModelCall call, CallUsage expected, CancellationToken cancellation)
    {
        ChatOptions options = new()
        {
            ModelId = _settings.Model,
            Temperature = (float?)call.Options.Temperature,
            TopP = (float?)call.Options.TopP,
            MaxOutputTokens = call.Options.MaxTokens,
            Seed = call.Options.Seed,
        };
        return await _retry.ExecuteAsync(
            async stop =>
            {
                await WaitAsync(_requests, 1, _settings.RequestsPerMinute, stop).ConfigureAwait(false);
                await WaitAsync(_tokens, expected.Tokens, _settings.TokensPerMinute, stop).ConfigureAwait(false);
                return await _timeout.ExecuteAsync(async late => await _client.GetResponseAsync(call.Messages, options, late).ConfigureAwait(false), stop).ConfigureAwait(false);
            },
            cancellation).ConfigureAwait(false);
    }

    private static TokenBucketRateLimiter? Limit(int? perMinute)
    {
        if (perMinute is not { } limit)
        {
            return null;
        }

        // A bucket is filled in small steps, so that a minute's worth is not spent in its first second.
        double perTick = limit * Tick / TimeSpan.FromMinutes(1);
        TimeSpan period = perTick >= 1 ? Tick : Tick / perTick;
        return new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = limit,
            TokensPerPeriod = Math.Max(1, (int)perTick),
            ReplenishmentPeriod = period,
            QueueLimit = int.MaxValue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
            AutoReplenishment = true,
        });
    }

    private static async ValueTask WaitAsync(TokenBucketRateLimiter? limiter, long permits, int? most, CancellationToken stop)
    {
        if (limiter is not null)
        {
            using RateLimitLease lease = await limiter.AcquireAsync((int)Math.Min(permits, most!.Value), stop).ConfigureAwait(false);
        }
    }
}
