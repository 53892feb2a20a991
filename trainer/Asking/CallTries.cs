namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// Keeps store and budget true over the tries of one request: each is set aside and written down before it is sent; what comes back
/// takes the place of what was expected, and a try of which nothing came back stays counted, since the provider may bill it.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="budget">The budget.</param>
/// <param name="key">The request's key.</param>
/// <param name="model">The model.</param>
/// <param name="name">The request's name.</param>
/// <param name="expected">What a try is expected to use.</param>
internal sealed class CallTries(CallStore store, CallBudget budget, string key, string model, string name, CallUsage expected) : ICallTries
{
    private bool _isOpen;

    /// <inheritdoc/>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        await budget.ReserveAsync(expected, cancellation).ConfigureAwait(false);
        try
        {
            store.Begin(key, model, name, expected);
        }
        catch
        {
            budget.Settle(expected, default);
            throw;
        }

        _isOpen = true;
    }

    /// <inheritdoc/>
    public void Failed(Exception error)
    {
        _isOpen = false;
        bool isFree = CallFault.IsFree(error);
        if (isFree)
        {
            store.Unspent(key, expected);
        }

        budget.Settle(expected, isFree ? default : expected);
    }

    /// <summary>Writes down what became of the request.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="providerModel">The name that the provider gives the model that answered, or null.</param>
    internal void Finish(StoredReply reply, string? providerModel)
    {
        store.Finish(key, reply, providerModel, _isOpen ? expected : default);
        if (_isOpen)
        {
            _isOpen = false;
            budget.Settle(expected, new CallUsage(reply.PromptTokens, reply.AnswerTokens));
        }
    }
}
