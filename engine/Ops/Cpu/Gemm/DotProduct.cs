using LlavaCuda.Devices;

namespace LlavaCuda.Ops.Cpu;

/// <summary>A product of few rows with transposed weights: threads take runs of B's rows.</summary>
internal static unsafe class DotProduct
{
    // 128 KiB of B: some microseconds of reading, far more than taking a chunk costs.
    private const long ChunkFloats = 32 * 1024;

    /// <summary>Runs the product.</summary>
    internal static void Run(CpuWorkers workers, GemmKernel kernel, in GemmProblem problem)
    {
        Job job = new()
        {
            Problem = problem,
            Dots = kernel.Dots,
            ChunkRows = Math.Max(4, ChunkFloats / Math.Max(problem.K, 1) / 4 * 4),
        };
        workers.Run((problem.N + job.ChunkRows - 1) / job.ChunkRows, &job, &RunChunk);
    }

    private static void RunChunk(void* context, long chunk)
    {
        Job* job = (Job*)context;
        GemmProblem part = job->Problem;
        long row = chunk * job->ChunkRows;
        part.B += row * part.Ldb;
        part.C += row;
        part.N = Math.Min(job->ChunkRows, part.N - row);
        part.Bias = part.Bias is null ? null : part.Bias + row;
        job->Dots(&part);
    }

    private struct Job
    {
        public GemmProblem Problem;
        public delegate*<GemmProblem*, void> Dots;
        public long ChunkRows;
    }
}
