namespace LlavaCuda.Bench.Gpu;

/// <summary>What is run of a whole model, the same in the transformers peer.</summary>
internal sealed record ModelSizes
{
    /// <summary>The sizes that count.</summary>
    internal static readonly ModelSizes Full = new();

    /// <summary>Sizes of a rehearsal.</summary>
    internal static readonly ModelSizes Small = new() { Tokens = 12, Decoded = 4, Steps = 1, MicroBatches = [1, 2], PeerBatch = 2, Kernels = KernelSizes.Small };

    /// <summary>Gets the text tokens of a sample; a picture stands between them.</summary>
    internal int Tokens { get; init; } = 448;

    /// <summary>Gets the tokens that are decoded.</summary>
    internal int Decoded { get; init; } = 64;

    /// <summary>Gets the optimizer steps that are timed.</summary>
    internal int Steps { get; init; } = 3;

    /// <summary>Gets the samples of a step, ascending.</summary>
    internal IReadOnlyList<int> MicroBatches { get; init; } = [2, 4, 8, 12, 16];

    /// <summary>Gets the samples of the peer's step; ours of as many are compared with it.</summary>
    internal int PeerBatch { get; init; } = 4;

    /// <summary>Gets the sizes of the copy that decoding is held against, and of the noise that the weights are filled with.</summary>
    internal KernelSizes Kernels { get; init; } = KernelSizes.Full;
}
