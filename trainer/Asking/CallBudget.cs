using System.Globalization;

namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// Keeps a run within its tokens and money. A request may be sent while what was used so far, and what the requests on their way are
/// expected to use, stay below the limits; where only the latter stands against it, it waits for them. Since an answer may be longer
/// than expected, limits can be passed, by no more than the requests on their way.
/// </summary>
internal sealed class CallBudget
{
    private readonly Lock _gate = new();
    private readonly long? _tokens;
    private readonly double? _money;
    private readonly CallPrice? _price;
    private TaskCompletionSource _settled = Signal();
    private CallUsage _used;
    private CallUsage _expected;

    /// <summary>Initializes a new instance of the <see cref="CallBudget"/> class.</summary>
    /// <param name="tokens">The most tokens, or null.</param>
    /// <param name="money">The most money, or null.</param>
    /// <param name="price">What tokens cost; needed with <paramref name="money"/>.</param>
    /// <param name="used">What was used before.</param>
    internal CallBudget(long? tokens, double? money, CallPrice? price, CallUsage used)
    {
        if (money is not null && price is null)
        {
            throw new ArgumentException("A budget of money needs the prices of the model's tokens.");
        }

        (_tokens, _money, _price, _used) = (tokens, money, price, used);
    }

    /// <summary>Gets what was used.</summary>
    internal CallUsage Used
    {
        get
        {
            lock (_gate)
            {
                return _used;
            }
        }
    }

    /// <summary>Gets what it cost; null without prices.</summary>
    internal double? Cost => _price?.Of(Used);

    /// <summary>Sets aside what a request is expected to use, as soon as it may be sent.</summary>
    /// <param name="expected">How much.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="BudgetException">It may not be sent.</exception>
    internal async Task ReserveAsync(CallUsage expected, CancellationToken cancellation)
    {
        while (Reserve(expected) is { } others)
        {
            await others.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Puts what was really used in the place of what was expected.</summary>
    /// <param name="expected">What was set aside.</param>
    /// <param name="used">What was used; nothing where there was no answer.</param>
    internal void Settle(CallUsage expected, CallUsage used)
    {
        TaskCompletionSource settled;
        lock (_gate)
        {
            _expected += new CallUsage(-expected.Prompt, -expected.Answer);
            _used += used;
            (settled, _settled) = (_settled, Signal());
        }

        settled.SetResult();
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What to wait for; null where it is set aside.
    private Task? Reserve(CallUsage expected)
    {
        lock (_gate)
        {
            if (Refusal(_used + expected) is { } refusal)
            {
                throw new BudgetException(refusal);
            }

            if (Refusal(_used + _expected + expected) is not null)
            {
                return _settled.Task;
            }

            _expected += expected;
            return null;
        }
    }

    private string? Refusal(CallUsage total) =>
        total.Tokens > _tokens
            ? string.Create(CultureInfo.InvariantCulture, $"not asked: the budget of {_tokens} tokens is used up ({_used.Tokens} used)")
            : _money is { } money && _price!.Of(total) > money
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"not asked: the budget of {money:0.####} is used up ({_price.Of(_used):0.####} spent)")
                : null;
}

/// <summary>A request may not be sent: the budget is used up.</summary>
/// <param name="message">What is used up.</param>
internal sealed class BudgetException(string message) : Exception(message);
