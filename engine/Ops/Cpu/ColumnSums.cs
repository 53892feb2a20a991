using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>
/// Sums over rows (gradients of gains, shifts and biases) in an order that depends on sizes alone. Each chunk of rows sums <see cref="BlockRows"/> rows at a time in single
/// precision and those sums in double precision, then the chunks' sums are added in order: 10⁵ rows keep single precision's accuracy.
/// </summary>
internal unsafe struct ColumnSums
{
    internal const long BlockRows = 32;
    private const long MaxChunks = 64;
    private const long CombineColumns = 512;

    private readonly long _width;
    private readonly long _stride;
    private readonly long _setStride;
    private byte* _memory;

    /// <summary>Lays out the partial sums.</summary>
    /// <param name="rows">Rows to sum over.</param>
    /// <param name="width">Columns.</param>
    /// <param name="sets">Different sums over the same rows.</param>
    internal ColumnSums(long rows, long width, int sets)
    {
        long each = Math.Max(1, (rows + (BlockRows * MaxChunks) - 1) / (BlockRows * MaxChunks)) * BlockRows;
        Rows = new Chunks(rows, each);
        _width = width;
        _setStride = (width + Lanes.Count - 1) / Lanes.Count * Lanes.Count * (sizeof(double) + sizeof(float));
        _stride = sets * _setStride;
    }

    /// <summary>Gets the chunks of rows.</summary>
    internal Chunks Rows { get; }

    /// <summary>Gets the memory that the partial sums need.</summary>
    internal readonly long Bytes => Rows.Count * _stride;

    /// <summary>Gives the partial sums their memory and clears them.</summary>
    internal void Attach(void* memory)
    {
        _memory = (byte*)memory;
        for (long chunk = 0; chunk < Rows.Count; chunk++)
        {
            NativeMemory.Clear(_memory + (chunk * _stride), (nuint)_stride);
        }
    }

    /// <summary>Where a chunk adds the next rows, <see cref="BlockRows"/> at most before <see cref="Flush"/>; null when nothing is attached, that is when no sum is wanted.</summary>
    internal readonly float* Block(long chunk, int set) => _memory is null ? null : (float*)(Totals(chunk, set) + PaddedWidth);

    /// <summary>Moves the block's sums to the chunk's.</summary>
    internal readonly void Flush(long chunk, int set)
    {
        double* totals = Totals(chunk, set);
        float* block = (float*)(totals + PaddedWidth);
        for (long i = 0; i < PaddedWidth; i += Lanes.Count)
        {
            (Vector512<double> low, Vector512<double> high) = Vector512.Widen(Vector512.Load(block + i));
            (Vector512.Load(totals + i) + low).Store(totals + i);
            (Vector512.Load(totals + i + 8) + high).Store(totals + i + 8);
            Vector512<float>.Zero.Store(block + i);
        }
    }

    /// <summary>Adds up the chunks, in order.</summary>
    internal readonly void Combine(CpuWorkers workers, float* target, int set, bool accumulate)
    {
        CombineJob job = new() { Sums = this, Target = target, Set = set, Accumulate = accumulate };
        workers.Run((_width + CombineColumns - 1) / CombineColumns, &job, &CombineChunk);
    }

    private static void CombineChunk(void* context, long chunk)
    {
        CombineJob* job = (CombineJob*)context;
        long width = job->Sums._width;
        long end = Math.Min(width, (chunk + 1) * CombineColumns);
        for (long i = chunk * CombineColumns; i < end; i += Lanes.Count)
        {
            Vector512<double> low = Vector512<double>.Zero;
            Vector512<double> high = low;
            for (long rows = 0; rows < job->Sums.Rows.Count; rows++)
            {
                double* totals = job->Sums.Totals(rows, job->Set) + i;
                low += Vector512.Load(totals);
                high += Vector512.Load(totals + 8);
            }

            if (job->Accumulate)
            {
                (Vector512<double> oldLow, Vector512<double> oldHigh) = Vector512.Widen(Lanes.Load(job->Target + i, width - i));
                low += oldLow;
                high += oldHigh;
            }

            Lanes.Store(job->Target + i, width - i, Vector512.Narrow(low, high));
        }
    }

    private readonly long PaddedWidth => _setStride / (sizeof(double) + sizeof(float));

    private readonly double* Totals(long chunk, int set) => (double*)(_memory + (chunk * _stride) + (set * _setStride));

    private struct CombineJob
    {
        public ColumnSums Sums;
        public float* Target;
        public int Set;
        public bool Accumulate;
    }
}
