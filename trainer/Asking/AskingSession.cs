using System.Globalization;
using System.Runtime.CompilerServices;
using LlavaCuda.Trainer.Metrics;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// What a command asks with: a caller with its store and client, and what else the user may want done with requests than having them
/// answered.
/// </summary>
internal sealed class AskingSession : IDisposable
{
    private const int Shown = 3;
    private readonly CallStore _store;
    private readonly IDisposable[] _owned;
    private readonly CallPrice? _price;
    private readonly string? _batchFile;
    private readonly bool _dryRun;

    /// <summary>Initializes a new instance of the <see cref="AskingSession"/> class.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="store">The store.</param>
    /// <param name="price">What tokens cost, or null.</param>
    /// <param name="batchFile">The file that requests are written to instead of being sent, or null.</param>
    /// <param name="dryRun">Whether requests are only counted and shown.</param>
    /// <param name="owned">What is disposed at the end, in this order.</param>
    internal AskingSession(
        ModelCaller caller, CallStore store, CallPrice? price, string? batchFile, bool dryRun, params IDisposable[] owned)
    {
        (Caller, _store, _price, _batchFile, _dryRun, _owned) = (caller, store, price, batchFile, dryRun, owned);
    }

    /// <summary>Gets who asks.</summary>
    internal ModelCaller Caller { get; }

    /// <summary>Gets what tokens cost, or null.</summary>
    internal CallPrice? Price => _price;

    /// <summary>Gets a value indicating whether requests are not to be sent, see <see cref="Instead"/>.</summary>
    internal bool SendsNothing => _dryRun || _batchFile is not null;

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_owned, static one => one.Dispose());

    /// <summary>
    /// Does what was asked for instead of sending: an estimate with three requests in full (dry run), or files for the provider's
    /// batches.
    /// </summary>
    /// <param name="calls">All requests.</param>
    /// <param name="output">Receives what there is to say.</param>
    internal void Instead(IEnumerable<ModelCall> calls, TextWriter output)
    {
        if (_batchFile is not null && !_dryRun)
        {
            (IReadOnlyList<string> paths, int requests) = BatchFiles.Write(_batchFile, Caller.Model, calls, _store);
            output.WriteLine(requests == 0
                ? "every request is answered already; there is nothing to upload"
                : $"{requests} requests are in {string.Join(", ", paths)}; give what comes back to --batch-read");
            return;
        }

        int count = 0, stored = 0;
        CallUsage expected = default;
        foreach (ModelCall call in calls)
        {
            count++;
            if (_store.Find(CallKey.Of(Caller.Model, call)) is not null)
            {
                stored++;
                continue;
            }

            expected += CallSize.Expected(call);
            if (count - stored <= Shown)
            {
                Show(call, output);
            }
        }

        CallUsage batch = new(0, 0, expected.Prompt, expected.Answer);
        string cost = _price is null ? string.Empty : string.Create(
            CultureInfo.InvariantCulture, $", at most {_price.Of(expected):0.00} (as a batch {_price.Of(batch):0.00})");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} requests to {Caller.Model}, {stored} of them answered already; about {expected.Prompt} tokens to send and at most "
            + $"{expected.Answer} to receive{cost}; nothing was sent"));
    }

    /// <summary>Asks, with progress on a line of its own.</summary>
    /// <param name="calls">The requests.</param>
    /// <param name="total">How many there are, or null.</param>
    /// <param name="console">Receives the progress.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>One outcome for each request, in their order.</returns>
    internal async IAsyncEnumerable<CallOutcome> RunAsync(
        IEnumerable<ModelCall> calls, long? total, TextWriter console, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using CountLine line = new(console, "requests", total, ProgressStyle.OfConsole());
        await foreach (CallOutcome outcome in Caller.RunAsync(calls, cancellation).ConfigureAwait(false))
        {
            string tokens = string.Create(CultureInfo.InvariantCulture, $"{Caller.Budget.Used.Tokens} tokens");
            line.Add(outcome.FromStore,
                Caller.Budget.Cost is { } cost ? string.Create(CultureInfo.InvariantCulture, $"{tokens}, {cost:0.00} spent") : tokens);
            yield return outcome;
        }
    }

    private static void Show(ModelCall call, TextWriter output)
    {
        output.WriteLine($"--- request {call.Name}");
        foreach (ChatMessage message in call.Messages)
        {
            output.WriteLine($"[{message.Role.Value}]");
            foreach (AIContent content in message.Contents)
            {
                output.WriteLine(content is TextContent text
                    ? text.Text
                    : $"({(content as DataContent)?.MediaType}, {(content as DataContent)?.Data.Length} bytes)");
            }
        }

        output.WriteLine();
    }
}
