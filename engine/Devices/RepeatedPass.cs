namespace LlavaCuda.Devices;

/// <summary>
/// A pass of ops that runs again and again with the same arguments: what differs from run to run stands in the tensors that it reads. <see cref="Device.Repeated"/> makes it; a device may
/// keep what the first runs did and do the same again in one go.
/// </summary>
internal class RepeatedPass : IDisposable
{
    /// <summary>Initializes a new instance of the <see cref="RepeatedPass"/> class.</summary>
    /// <param name="pass">Calls ops and nothing else: no copies between host and device, and always the same calls.</param>
    internal RepeatedPass(Action pass) => Pass = pass;

    /// <summary>Gets what one run does.</summary>
    protected Action Pass { get; }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>Runs the pass.</summary>
    internal virtual void Run() => Pass();
}
