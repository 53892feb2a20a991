using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
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
    private readonly List<string> _refused = [];
    private bool _hasAnswers;

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

    /// <summary>
    /// Ends the asking. Where no request of any run was answered, refusals are a matter of the endpoint, and forgotten, so that the same
    /// requests are worth another try.
    /// </summary>
    public void Dispose()
    {
        if (!_hasAnswers)
        {
            _refused.ForEach(_store.Reopen);
            _refused.Clear();
        }

        _pipeline?.Dispose();
    }

    /// <inheritdoc/>
    /// <exception cref="EndpointException">The provider answers no request, or not at all; the message says why.</exception>
    public async IAsyncEnumerable<CallOutcome> RunAsync(
        IEnumerable<ModelCall> calls, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using CallerRun run = new(_settings, _store, stop);
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

            run.AllAreTaken();
            while (window.Count > 0)
            {
                yield return await TakeAsync(window, run, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(window)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            (bool hasAnswers, IReadOnlyList<string> refused) = run.End();
            _hasAnswers |= hasAnswers;
            _refused.AddRange(refused);
        }
    }

    private static async Task<CallOutcome> TakeAsync(Queue<Task<CallOutcome>> window, CallerRun run, CancellationToken cancellation)
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

    private async Task<CallOutcome> AskAsync(ModelCall call, CallerRun run)
    {
        string key = CallKey.Of(Model, call);
        await Task.Yield();
        if (Stored(call, key, fromStore: true) is { } known)
        {
            run.Found(known);
            return known;
        }

        if (_pipeline is null)
        {
            return CallOutcome.Open(call, "not in the store of requests, and nobody is asked");
        }

        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        while (FirstOf(key, done) is { } other)
        {
            await other.WaitAsync(run.Stop).ConfigureAwait(false);
            if (Stored(call, key, fromStore: false) is { } same)
            {
                return same;
            }
        }

        try
        {
            await run.Places.WaitAsync(run.Stop).ConfigureAwait(false);
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

    private async Task<CallOutcome> SendAsync(ModelCall call, string key, CallerRun run)
    {
        CallUsage expected = CallSize.Expected(call);
        CallTries tries = new(_store, _budget, key, Model, call.Name, expected);
        long answered = run.Answered;
        try
        {
            ChatResponse response = await _pipeline!.SendAsync(call, expected, tries, run.Stop).ConfigureAwait(false);
            CallUsage used = new(
                response.Usage?.InputTokenCount ?? expected.Prompt, response.Usage?.OutputTokenCount ?? CallSize.OfText(response.Text));
            StoredReply reply = CallReply.Of(response, used);
            tries.Finish(reply, response.ModelId);
            run.Replied(key, reply.Failure);
            return CallOutcome.Of(call, reply, fromStore: false);
        }
        catch (Exception error) when (CallFault.EndsRun(error))
        {
            throw run.Stopped(new EndpointException($"{_settings.Shown} cannot be asked: {CallFault.Describe(error)}", error));
        }
        catch (Exception error) when (CallFault.IsForGood(error))
        {
            StoredReply reply = new(null, CallFault.Describe(error), null, 0, 0, Batch: false);
            tries.Finish(reply, null);
            run.Replied(key, reply.Failure);
            return CallOutcome.Of(call, reply, fromStore: false);
        }
        catch (BudgetException error)
        {
            return CallOutcome.Open(call, error.Message);
        }
        catch (Exception error) when (error is not OperationCanceledException and not SqliteException)
        {
            string why = CallFault.IsPassing(error)
                ? $"given up after {_settings.Tries} tries: {CallFault.Describe(error)}"
                : CallFault.Describe(error);
            run.GaveUp(answered, why);
            return CallOutcome.Open(call, why);
        }
    }

    private CallOutcome? Stored(ModelCall call, string key, bool fromStore) =>
        _store.Find(key) is { } reply ? CallOutcome.Of(call, reply, fromStore) : null;

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
}
