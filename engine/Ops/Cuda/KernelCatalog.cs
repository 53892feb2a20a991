using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>All kernels there are, for the tests that compile every instance for every architecture.</summary>
internal static class KernelCatalog
{
    /// <summary>Gets the kernels, by file.</summary>
    internal static IReadOnlyList<KernelTemplate> All { get; } =
    [
        CastKernels.Forward,
        CrossEntropyKernels.Resident,
        CrossEntropyKernels.Streaming,
        EmbeddingKernels.Forward,
        EmbeddingKernels.Backward,
        FillKernels.Forward,
        GatherRowsKernels.Forward,
        GatherRowsKernels.Backward,
        GeluKernels.Forward,
        GeluKernels.Backward,
        PatchesKernels.Forward,
        QuickGeluKernels.Forward,
        QuickGeluKernels.Backward,
        ResidualKernels.Add,
        SwiGluKernels.Forward,
        SwiGluKernels.Backward,
        VisionEmbeddingKernels.Forward,
        VisionEmbeddingKernels.Backward,
    ];
}
