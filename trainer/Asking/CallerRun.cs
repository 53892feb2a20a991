namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// One run of a caller: what is on its way, and whether it is of any use to go on. Requests that are refused, or given up, in a row end
/// it while there are more to come: an endpoint that is down, or that takes nothing, is not asked thousands of times.
/// </summary>
internal sealed class CallerRun : IDisposable
{
    private const int MostRefused = 20;
    private const int MostGivenUp = 3;
    private readonly CallerSettings _settings;
    private readonly CallStore _store;
    private readonly CancellationTokenSource _stop;
    private readonly Lock _gate = new();
    private readonly List<string> _refused = [];
    private long _answered;
    private int _givenUp;
    private bool _foundAnswers;
    private bool _allAreTaken;
    private bool _refusesAll;

    /// <summary>Initializes a new instance of the <see cref="CallerRun"/> class.</summary>
    /// <param name="settings">How requests are sent.</param>
    /// <param name="store">The store.</param>
    /// <param name="stop">Ends the run; stays the caller's.</param>
    internal CallerRun(CallerSettings settings, CallStore store, CancellationTokenSource stop)
    {
        (_settings, _store, _stop, Stop) = (settings, store, stop, stop.Token);
        Places = new SemaphoreSlim(settings.InFlight);
    }

    /// <summary>Gets the places of requests on their way.</summary>
    internal SemaphoreSlim Places { get; }

    /// <summary>Gets what tells that the run is over.</summary>
    internal CancellationToken Stop { get; }

    /// <summary>Gets why it ended before its end, or null.</summary>
    internal EndpointException? Fatal { get; private set; }

    /// <summary>Gets how many requests were answered.</summary>
    internal long Answered => Interlocked.Read(ref _answered);

    /// <inheritdoc/>
    public void Dispose() => Places.Dispose();

    /// <summary>There are no more requests to come.</summary>
    internal void AllAreTaken()
    {
        lock (_gate)
        {
            _allAreTaken = true;
        }
    }

    /// <summary>A request was settled before the run.</summary>
    /// <param name="outcome">What is known of it.</param>
    internal void Found(CallOutcome outcome)
    {
        if (outcome.Text is not null)
        {
            lock (_gate)
            {
                _foundAnswers = true;
            }
        }
    }

    /// <summary>A request was answered or refused.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="failure">Why it was refused, or null.</param>
    internal void Replied(string key, string? failure)
    {
        lock (_gate)
        {
            if (failure is null)
            {
                _refused.Clear();
                _givenUp = 0;
                _answered++;
                return;
            }

            _refused.Add(key);
            if (_refused.Count < MostRefused || _allAreTaken)
            {
                return;
            }

            // What refuses everything is a matter of the endpoint, so that the same requests are worth another try.
            _refusesAll = true;
        }

        string why = $"{_settings.Shown} refused {MostRefused} requests in a row, the last one with: {failure}";
        throw Stopped(new EndpointException(why, null));
    }

    /// <summary>A request was given up.</summary>
    /// <param name="answered">How many were answered when it was begun.</param>
    /// <param name="why">Why it was given up.</param>
    internal void GaveUp(long answered, string why)
    {
        lock (_gate)
        {
            // Where others were answered meanwhile, the fault is the request's own.
            _givenUp = answered == _answered ? _givenUp + 1 : 0;
            if (_givenUp < MostGivenUp || _allAreTaken)
            {
                return;
            }
        }

        throw Stopped(new EndpointException($"{_settings.Shown} answers no request; the last one was {why}", null));
    }

    /// <summary>Ends the run.</summary>
    /// <param name="fatal">Why.</param>
    /// <returns>What to throw.</returns>
    internal EndpointException Stopped(EndpointException fatal)
    {
        lock (_gate)
        {
            Fatal ??= fatal;
        }

        _stop.Cancel();
        return fatal;
    }

    /// <summary>The run is over. Where it ended for its refusals, they are forgotten.</summary>
    /// <returns>Whether there was an answer, and what was refused since the last one.</returns>
    internal (bool HasAnswers, IReadOnlyList<string> Refused) End()
    {
        lock (_gate)
        {
            if (_refusesAll)
            {
                _refused.ForEach(_store.Reopen);
            }

            return (_answered > 0 || _foundAnswers, _refusesAll ? [] : _refused);
        }
    }
}
