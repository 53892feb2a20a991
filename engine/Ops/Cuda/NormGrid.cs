using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cuda;

/// <summary>The numbers of <c>norm_forward.cuh</c> and <c>norm_backward.cuh</c>: which instance, how many threads a block, how many blocks.</summary>
/// <param name="Vector">Elements that a thread loads at once: 16 bytes, or one.</param>
/// <param name="Threads">Threads of a block, whole warps.</param>
/// <param name="Blocks">Blocks.</param>
internal readonly record struct NormGrid(int Vector, int Threads, long Blocks)
{
    private const int Warp = 32;
    private const int ForwardThreads = 512;
    private const int ForwardVectors = 4;
    private const int BackwardColumns = 16;
    private const int BackwardThreadsOfAnyWidth = 256;

    // Two blocks of 256 threads for each multiprocessor of an H100, the same on every GPU, because the order of the sums over rows follows from it.
    private const int BackwardThreadsInAll = 264 * 256;

    /// <summary>Gets a value indicating whether backward holds its rows in registers.</summary>
    internal bool IsResident => Vector > 1;

    /// <summary>Gets the number of warps of a block.</summary>
    internal int Warps => Threads / Warp;

    /// <summary>A block a row, large enough to hold it where that is possible.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Their width.</param>
    /// <param name="vector">16 bytes of elements where the tensors allow it, else 1.</param>
    internal static NormGrid Forward(long rows, long width, int vector) => new(vector, Math.Min(ForwardThreads, ThreadsFor(width, vector * ForwardVectors)), rows);

    /// <summary>Blocks that share the rows.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Their width.</param>
    /// <param name="vector">16 bytes of elements where the tensors allow it, else 1.</param>
    /// <param name="mostThreads">The most threads that the instance for rows in registers has.</param>
    internal static NormGrid Backward(long rows, long width, int vector, int mostThreads)
    {
        int threads = ThreadsFor(width, BackwardColumns);
        bool resident = vector > 1 && threads <= mostThreads;
        threads = resident ? threads : Math.Min(BackwardThreadsOfAnyWidth, ThreadsFor(width, 1));
        return new NormGrid(resident ? vector : 1, threads, Math.Min(rows, BackwardThreadsInAll / threads));
    }

    /// <summary>Gets the shared memory of a block: slots for the sums of two rounds, so that nobody waits until all have read.</summary>
    /// <param name="sums">Sums of a round.</param>
    internal int SharedBytes(int sums) => 2 * sums * Warps * sizeof(float);

    private static int ThreadsFor(long width, int each) => (int)Math.Min(LaunchGrid.Cover(width, (long)each * Warp), 1 << 16) * Warp;
}
