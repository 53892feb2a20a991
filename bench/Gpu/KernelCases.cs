using LlavaCuda.Bench.Gpu.Cases;

namespace LlavaCuda.Bench.Gpu;

/// <summary>
/// Every op in bf16, at the sizes of a LLaVA. The bytes are those that the op cannot avoid, as the kernels' headers count them; operations are two a multiply-add.
/// </summary>
internal static class KernelCases
{
    /// <summary>
    /// The cases in groups. A group makes its tensors when it is begun and frees them when it ends, so that only one's are in memory: a case runs before the next is asked for.
    /// </summary>
    internal static readonly IReadOnlyList<(string Name, Func<GpuNoise, KernelSizes, IEnumerable<KernelCase>> Make)> Groups =
    [
        ("RMSNorm", NormCases.Rms),
        ("LayerNorm", NormCases.Layer),
        ("activations", ElementwiseCases.Activations),
        ("copies", ElementwiseCases.Copies),
        ("rows of the language model", RowCases.Language),
        ("embeddings and chosen rows", RowCases.Embeddings),
        ("rows of the vision tower", RowCases.Vision),
        ("cross entropy", LossCases.CrossEntropies),
        ("sampling", LossCases.Choices),
        ("optimizer", OptimizerCases.All),
        ("products", LinearCases.Products),
        ("products of few rows", LinearCases.Vectors),
        ("attention", AttentionCases.All),
        ("attention over a cache", CacheCases.All),
    ];
}
