namespace LlavaCuda.Tests.Kernels;

/// <summary>The seeded faults.</summary>
internal static class Mutations
{
    /// <summary>Gets them, by file.</summary>
    internal static IReadOnlyList<Mutation> All { get; } =
    [
        new("gelu: slope without the density", "gelu.cu", "+ v * normal_density(v)", string.Empty, "*GeluCudaTests"),
    ];
}
