namespace LlavaCuda.Trainer.Terminal;

/// <summary>Where keys come from.</summary>
internal interface IKeySource
{
    /// <summary>Gets a value indicating whether a key has been pressed that was not read yet.</summary>
    public bool IsKeyAvailable { get; }

    /// <summary>Waits for a key.</summary>
    public ConsoleKeyInfo Read();
}
