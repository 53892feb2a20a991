using System.Runtime.InteropServices;

namespace LlavaCuda.Trainer.Commands;

/// <summary>As long as it lives, Ctrl-C, a polite kill and the closing of the terminal cancel a token; a second Ctrl-C or kill ends the program as it always does.</summary>
internal sealed class InterruptScope : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _signals;
    private volatile bool _asked;

    // A signal that the process was started to ignore, as SIGHUP under nohup, stays ignored: the runtime sees to it.
    internal InterruptScope() =>
        _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Stop))];

    /// <summary>Gets what is cancelled.</summary>
    internal CancellationToken Token => _stop.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_signals, static signal => signal.Dispose());
        _stop.Dispose();
    }

    private void Stop(PosixSignalContext signal)
    {
        try
        {
            // A closing terminal may send SIGHUP several times, by the shell and by the system: nobody asks for haste by it.
            signal.Cancel = signal.Signal == PosixSignal.SIGHUP || !_asked;
            _asked |= signal.Signal != PosixSignal.SIGHUP;
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The work ended while the signal was on its way.
        }
    }
}
