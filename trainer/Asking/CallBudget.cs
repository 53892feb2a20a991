using System.Globalization;

namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// Keeps a run within its tokens and money. A request may be sent while what all answers used so far, and what the requests on their way
/// are expected to use, stay below the limits; since an answer may be longer than expected, limits can be passed, by no more than the
/// requests on their way.
/// </summary>
internal sealed class CallBudget
{
    private readonly Lock _gate = new();
    private readonly long? _tokens;
    private readonly double? _money;
    private readonly CallPrice? _price;
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

    /// <summary>Sets aside what a request is expected to use.</summary>
    /// <param name="expected">How much.</param>
    /// <returns>Null where it may be sent; else why not.</returns>
    internal string? TryReserve(CallUsage expected)
    {
        lock (_gate)
        {
            CallUsage total = _used + _expected + expected;
            if (total.Tokens > _tokens)
            {
                return string.Create(CultureInfo.InvariantCulture, $"not asked: the budget of {_tokens} tokens is used up ({_used.Tokens} used)");
            }

            if (_money is { } money && _price!.Of(total) > money)
            {
                return string.Create(CultureInfo.InvariantCulture, $"not asked: the budget of {money:0.####} is used up ({_price.Of(_used):0.####} spent)");
            }

            _expected += expected;
            return null;
        }
    }

    /// <summary>Puts what was really used in the place of what was expected.</summary>
    /// <param name="expected">What was set aside.</param>
    /// <param name="used">What was used; nothing where there was no answer.</param>
    internal void Settle(CallUsage expected, CallUsage used)
    {
        lock (_gate)
        {
            _expected += new CallUsage(-expected.Prompt, -expected.Answer);
            _used += used;
        }
    }
}
