namespace LlavaCuda.Devices;

/// <summary>The blocks of a launch.</summary>
/// <param name="X">Up to 2³¹−1.</param>
/// <param name="Y">Up to 65535.</param>
/// <param name="Z">Up to 65535.</param>
internal readonly record struct LaunchGrid(long X, int Y = 1, int Z = 1)
{
    /// <summary>Gets a value indicating whether there is nothing to run.</summary>
    internal bool IsEmpty => X == 0 || Y == 0 || Z == 0;

    public static implicit operator LaunchGrid(long x) => new(x);

    /// <summary>Counts the blocks that cover some items.</summary>
    /// <param name="items">Items in all.</param>
    /// <param name="perBlock">Items of a block.</param>
    /// <returns>The quotient, rounded up.</returns>
    internal static long Cover(long items, long perBlock) => (items + perBlock - 1) / perBlock;
}
