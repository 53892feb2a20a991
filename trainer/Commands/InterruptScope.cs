using System.Runtime.InteropServices;

namespace LlavaCuda.Trainer.Commands;

/// <summary>As long as it lives, Ctrl-C and a polite kill cancel a token; a second one ends the program as it always does.</summary>
internal sealed class InterruptScope : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;

    internal InterruptScope()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    }

    /// <summary>Gets what is cancelled.</summary>
    internal CancellationToken Token => _stop.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stop.Dispose();
    }

    private void Stop(PosixSignalContext signal)
    {
        try
        {
            signal.Cancel = !_stop.IsCancellationRequested;
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work ended while the signal was on its way.
        }
    }
}
