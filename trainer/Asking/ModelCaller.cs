using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Trainer.Asking;

/// <summary>Asks a model through a store: what was answered before is taken from there, the rest is sent, within a budget.</summary>
internal sealed class ModelCaller : IModelCaller, IDisposable
{
    private const int Ahead = 4;
    private readonly CallerSettings _settings;
    private readonly CallStore _store;
    private readonly CallBudget _budget;
    private readonly CallPipeline? _pipeline;
    private readonly Dictionary<string, Task> _running = [];
    private readonly Lock _gate = new();

    /// <summary>Initializes a new instance of the <see cref="ModelCaller"/> class.</summary>
    /// <param name="settings">How requests are sent.</param>
    /// <param name="client">Who answers; null for nobody, so that only what is in the store is found.</param>
    /// <param name="store">The store; stays the caller's, as the client does.</param>
    /// <param name="budget">What may be used.</param>
    internal ModelCaller(CallerSettings settings, IChatClient? client, CallStore store, CallBudget budget)
    {
        _settings = settings;
        _store = store;
        _budget = budget;
        _pipeline = client is null ? null : new CallPipeline(client, settings);
    }

    /// <inheritdoc/>
    public string Model => _settings.Model;

    /// <summary>Gets the budget.</summary>
    internal CallBudget Budget => _budget;

    /// <inheritdoc/>
    public void Dispose() => _pipeline?.Dispose();

    /// <inheritdoc/>
    /// <exception cref="EndpointException">The provider refuses every request; the message says why.</exception>
    public async IAsyncEnumerable<CallOutcome> RunAsync(IEnumerable<ModelCall> calls, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using SemaphoreSlim places = new(_settings.InFlight);
        Run run = new(places, stop);
        Queue<Task<CallOutcome>> window = new();
        try
        {
            foreach (ModelCall call in calls)
            {
                // Outcomes come in order: some that are done wait behind one that is slow, but not without end.
                while (window.Count >= _settings.InFlight * Ahead || (window.TryPeek(out Task<CallOutcome>? oldest) && oldest.IsCompleted))
                {
                    yield return await TakeAsync(window, run, cancellation).ConfigureAwait(false);
                }

                window.Enqueue(AskAsync(call, run));
            }

            while (window.Count > 0)
            {
                yield return await TakeAsync(window, run, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(window)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<CallOutcome> TakeAsync(Queue<Task<CallOutcome>> window, Run run, CancellationToken cancellation)
    {
        try
        {
            return await window.Dequeue().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested && run.Fatal is { } fatal)
        {
            throw fatal;
        }
    }

    private async Task<CallOutcome> AskAsync(ModelCall call, Run run)
    {
        string key = CallKey.Of(Model, call);
        await Task.Yield();
        if (Stored(call, key, fromStore: true) is { } known)
        {
            return known;
        }

        if (_pipeline is null)
        {
            return Failed(call, "not in the store of requests, and nobody is asked");
        }

        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        while (FirstOf(key, done) is { } other)
        {
            await other.WaitAsync(run.Stop.Token).ConfigureAwait(false);
            if (Stored(call, key, fromStore: false) is { } same)
            {
                return same;
            }
        }

        try
        {
            await run.Places.WaitAsync(run.Stop.Token).ConfigureAwait(false);
            try
            {
                return await SendAsync(call, key, run).ConfigureAwait(false);
            }
            finally
            {
                run.Places.Release();
            }
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(key);
            }

            done.SetResult();
        }
    }

    private async Task<CallOutcome> SendAsync(ModelCall call, string key, Run run)
    {
        CallUsage expected = CallSize.Expected(call);
        if (_budget.TryReserve(expected) is { } refused)
        {
            return Failed(call, refused);
        }

        CallUsage used = default;
        try
        {
            _store.Begin(key, Model, call.Name);
            ChatResponse response = await _pipeline!.SendAsync(call, expected, run.Stop.Token).ConfigureAwait(false);
            used = new CallUsage(response.Usage?.InputTokenCount ?? expected.Prompt, response.Usage?.OutputTokenCount ?? CallSize.OfText(response.Text));
            StoredAnswer answer = new(response.Text, response.FinishReason?.Value, used.Prompt, used.Answer, Batch: false);
            _store.Finish(key, answer, response.ModelId);
            return new CallOutcome(call, answer.Text, answer.FinishReason, null, used.Prompt, used.Answer, FromStore: false);
        }
        catch (Exception error) when (CallFault.EndsRun(error))
        {
            EndpointException fatal = new($"{Model} cannot be asked: {CallFault.Describe(error)}", error);
            run.Fatal ??= fatal;
            await run.Stop.CancelAsync().ConfigureAwait(false);
            throw fatal;
        }
        catch (Exception error) when (error is not OperationCanceledException and not Microsoft.Data.Sqlite.SqliteException)
        {
            return Failed(call, CallFault.IsPassing(error) ? $"given up after {_settings.Tries} tries: {CallFault.Describe(error)}" : CallFault.Describe(error));
        }
        finally
        {
            _budget.Settle(expected, used);
        }
    }

    private static CallOutcome Failed(ModelCall call, string why) => new(call, null, null, why, 0, 0, FromStore: false);

    private CallOutcome? Stored(ModelCall call, string key, bool fromStore) =>
        _store.Find(key) is { } answer ? new CallOutcome(call, answer.Text, answer.FinishReason, null, answer.PromptTokens, answer.AnswerTokens, fromStore) : null;

    // The request that is on its way with the same key, or null where this is the first.
    private Task? FirstOf(string key, TaskCompletionSource done)
    {
        lock (_gate)
        {
            if (_running.TryGetValue(key, out Task? other))
            {
                return other;
            }

            _running.Add(key, done.Task);
            return null;
        }
    }

    private sealed class Run(SemaphoreSlim places, CancellationTokenSource stop)
    {
        internal SemaphoreSlim Places { get; } = places;

        internal CancellationTokenSource Stop { get; } = stop;

        internal EndpointException? Fatal { get; set; }
    }
}
