using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The kernel of <c>rope.cu</c>.</summary>
internal static class RopeKernels
{
    internal static readonly KernelTemplate Forward = new("rope", "rope_forward", Elementwise.Instances);

    private const int MostThreads = 256;
    private const int Heads = 4;
    private const int Warp = 32;

    /// <summary>Chooses the threads of a row's block.</summary>
    /// <param name="heads">Heads that are turned.</param>
    /// <param name="vectors">Vectors of half a head.</param>
    internal static int Threads(int heads, int vectors) => (int)Math.Min(MostThreads, LaunchGrid.Cover(LaunchGrid.Cover(heads, Heads) * vectors, Warp) * Warp);
}
