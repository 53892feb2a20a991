namespace LlavaCuda.Devices;

/// <summary>Takes back what was pushed on an arena since it was opened, also when an exception passes.</summary>
internal readonly ref struct ArenaFrame(Arena arena)
{
    private readonly long _mark = arena.Mark();

    /// <summary>Takes everything back.</summary>
    public void Dispose() => arena.Release(_mark);
}
