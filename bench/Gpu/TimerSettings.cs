namespace LlavaCuda.Bench.Gpu;

/// <summary>How a <see cref="KernelTimer"/> measures.</summary>
internal sealed record TimerSettings
{
    /// <summary>Gets how many rounds count.</summary>
    internal int Rounds { get; init; } = 5;

    /// <summary>Gets how long a round is, about.</summary>
    internal double RoundSeconds { get; init; } = 0.01;

    /// <summary>Gets under what time of a call the calls of a round are captured and launched as one graph: else the host might be what is measured.</summary>
    internal double ShortSeconds { get; init; } = 1e-4;

    /// <summary>Gets how long the device works before the first measurement: an idle GPU has low clocks.</summary>
    internal double WarmUpSeconds { get; init; } = 0.3;

    /// <summary>Gets how long it works before each further one: it may have had to wait for a compiler, a capture, or tensors from the host.</summary>
    internal double LeadSeconds { get; init; } = 0.05;
}
