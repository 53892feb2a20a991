using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>All kernels there are, for the tests that compile every instance for every architecture.</summary>
internal static class KernelCatalog
{
    /// <summary>Gets the kernels, by file.</summary>
    internal static IReadOnlyList<KernelTemplate> All { get; } =
    [
        GeluKernels.Forward,
        GeluKernels.Backward,
    ];
}
