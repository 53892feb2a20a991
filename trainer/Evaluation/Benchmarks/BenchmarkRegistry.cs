namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>All benchmarks of <c>llava eval</c>, a line each.</summary>
internal static class BenchmarkRegistry
{
    /// <summary>Makes them.</summary>
    internal static IReadOnlyList<IBenchmark> Create() =>
    [
        new ScienceQaBenchmark(),
        new PopeBenchmark(),
        .. ShortBenchmarks.Create(),
        new OwnBenchmark(),
    ];
}
