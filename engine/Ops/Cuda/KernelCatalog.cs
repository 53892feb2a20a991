using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>All kernels there are, for the tests that compile every instance for every architecture.</summary>
internal static class KernelCatalog
{
    /// <summary>Gets the kernels, by file.</summary>
    internal static IReadOnlyList<KernelTemplate> All { get; } =
    [
        AdamWKernels.Update,
        CachedAttentionKernels.Append,
        CachedAttentionKernels.Decode,
        CachedAttentionKernels.Tiles,
        CachedAttentionKernels.Simt,
        AttentionKernels.Forward,
        AttentionKernels.QueryGradient,
        AttentionKernels.KeyGradient,
        AttentionKernels.SimtForward,
        AttentionKernels.SimtQueryGradient,
        AttentionKernels.SimtKeyGradient,
        CastKernels.Forward,
        ColumnSumKernels.Partials,
        ColumnSumKernels.Combine,
        CrossEntropyKernels.Resident,
        CrossEntropyKernels.Streaming,
        EmbeddingKernels.Forward,
        EmbeddingKernels.Backward,
        FillKernels.Forward,
        GatherRowsKernels.Forward,
        GatherRowsKernels.Backward,
        GeluKernels.Forward,
        GeluKernels.Backward,
        GemvKernels.Mma,
        GemvKernels.Fma,
        GradientNormKernels.Squares,
        GradientNormKernels.Final,
        LayerNormKernels.Forward,
        LayerNormKernels.Backward,
        LayerNormKernels.BackwardOfAnyWidth,
        PatchesKernels.Forward,
        QuickGeluKernels.Forward,
        QuickGeluKernels.Backward,
        ResidualKernels.Add,
        RmsNormKernels.Forward,
        RmsNormKernels.Backward,
        RmsNormKernels.BackwardOfAnyWidth,
        RopeKernels.Forward,
        SamplingKernels.Forward,
        SwiGluKernels.Forward,
        SwiGluKernels.Backward,
        VisionEmbeddingKernels.Forward,
        VisionEmbeddingKernels.Backward,
    ];
}
