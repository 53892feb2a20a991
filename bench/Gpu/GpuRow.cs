namespace LlavaCuda.Bench.Gpu;

/// <summary>One figure of a GPU run.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Seconds">Median time of one call, step or token.</param>
/// <param name="Value">The rate.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Share">The rate as a share of <paramref name="Of"/>, or null.</param>
/// <param name="Of">The yardstick: the copy or the square product of the same process, or the GPU's dense bf16 rate for MFU.</param>
internal sealed record GpuRow(string Name, double Seconds, double Value, string Unit, double? Share = null, string? Of = null)
{
    /// <summary>Gets the name under which the transformers peer has its figure, for rows of a model.</summary>
    public string? PeerKey { get; init; }

    /// <summary>Gets how many times faster than the peer it is, or null where there is none.</summary>
    public double? Peer { get; init; }

    /// <summary>Gets what the peer is, or why there is none.</summary>
    public string? PeerName { get; init; }
}
