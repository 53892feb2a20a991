namespace LlavaCuda.Trainer.Commands;

/// <summary>Ctrl-C during a chat: ends the answer that is being written. Where none is, it is said once that another one leaves.</summary>
internal sealed class ChatInterrupts : IDisposable
{
    private CancellationTokenSource? _answering;
    private bool _asked;

    internal ChatInterrupts() => Console.CancelKeyPress += Stop;

    /// <inheritdoc/>
    public void Dispose() => Console.CancelKeyPress -= Stop;

    /// <summary>Runs what Ctrl-C ends.</summary>
    /// <param name="answer">Writes an answer, until it is done or cancelled.</param>
    internal void Run(Action<CancellationToken> answer)
    {
        using CancellationTokenSource source = new();
        Volatile.Write(ref _answering, source);
        try
        {
            answer(source.Token);
        }
        finally
        {
            Volatile.Write(ref _answering, null);
            _asked = false;
        }
    }

    private void Stop(object? sender, ConsoleCancelEventArgs pressed)
    {
        CancellationTokenSource? current = Volatile.Read(ref _answering);
        if (current is null)
        {
            // The editor reads the key by itself; this is a signal of somebody else's, or a terminal without the editor.
            pressed.Cancel = !_asked && !Console.IsInputRedirected;
            _asked = true;
            if (pressed.Cancel)
            {
                Console.Error.WriteLine("Interrupt again to leave, or go on typing.");
            }

            return;
        }

        pressed.Cancel = true;
        try
        {
            current.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The answer ended while the key was on its way.
        }
    }
}
