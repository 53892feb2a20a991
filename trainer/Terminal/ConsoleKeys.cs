namespace LlavaCuda.Trainer.Terminal;

/// <summary>The keys of the console, Ctrl-C among them for as long as this lives.</summary>
internal sealed class ConsoleKeys : IKeySource, IDisposable
{
    internal ConsoleKeys() => Console.TreatControlCAsInput = true;

    /// <inheritdoc/>
    public bool IsKeyAvailable => Console.KeyAvailable;

    /// <inheritdoc/>
    public ConsoleKeyInfo Read() => Console.ReadKey(intercept: true);

    /// <inheritdoc/>
    public void Dispose() => Console.TreatControlCAsInput = false;
}
