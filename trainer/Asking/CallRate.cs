using System.Threading.RateLimiting;

namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// Lets at most so many requests, or tokens, pass in any minute: a small bucket, a twentieth of the limit, and what is left of the limit
/// as its refill.
/// </summary>
internal sealed class CallRate : IDisposable
{
    private const int Share = 20;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private readonly TokenBucketRateLimiter _limiter;
    private readonly int _burst;

    /// <summary>Initializes a new instance of the <see cref="CallRate"/> class.</summary>
    /// <param name="perMinute">The limit, 1 or more.</param>
    internal CallRate(int perMinute)
    {
        _burst = Math.Max(1, perMinute / Share);

        // Below a few requests a minute the bucket is a large part of the limit: there the refill is the limit.
        int refill = perMinute >= Share ? perMinute - _burst : perMinute;
        double perTick = refill * (Tick / Minute);
        _limiter = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = _burst,
            TokensPerPeriod = Math.Max(1, (int)perTick),
            ReplenishmentPeriod = perTick >= 1 ? Tick * ((int)perTick / perTick) : Tick / perTick,
            QueueLimit = int.MaxValue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
            AutoReplenishment = true,
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _limiter.Dispose();

    /// <summary>Waits until so many may pass; more than fit the bucket pass in pieces.</summary>
    /// <param name="permits">How many.</param>
    /// <param name="cancellation">Gives it up.</param>
    internal async Task WaitAsync(long permits, CancellationToken cancellation)
    {
        while (permits > 0)
        {
            int piece = (int)Math.Min(permits, _burst);
            using RateLimitLease lease = await _limiter.AcquireAsync(piece, cancellation).ConfigureAwait(false);
            permits -= piece;
        }
    }
}
