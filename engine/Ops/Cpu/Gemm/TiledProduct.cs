using System.Runtime.CompilerServices;
using LlavaCuda.Devices;
using unsafe TileCode = delegate*<float*, float*, long, long, float*, long, float*, bool, void>;

namespace LlavaCuda.Ops.Cpu;

/// <summary>
/// A product by tiles of C that stay in registers. All threads rearrange a block of A into panels; then each takes panels of B, rearranges one into memory of its own
/// (or reads it in place, where few panels of A meet it) and runs it against the panels of A.
/// </summary>
internal static unsafe class TiledProduct
{
    // As many floats as a chunk of packing takes: some microseconds.
    private const long PackChunkFloats = 32 * 1024;

    // Up to so many panels of A, rearranging B costs more than it saves (measured: 1.1 to 1.9 times as fast in place, equal from here on).
    private const long PanelsInPlace = 8;

    /// <summary>Runs the product.</summary>
    internal static void Run(CpuWorkers workers, GemmKernel kernel, in GemmProblem problem)
    {
        // Passes of nearly equal depth: 1408 = 472 + 472 + 464, not 512 + 512 + 384.
        long passes = Math.Max(1, (problem.K + PackBuffer.MaxDepth - 1) / PackBuffer.MaxDepth);
        long depth = Math.Max(1, (((problem.K + passes - 1) / passes) + 7) / 8) * 8;

        // Blocks of nearly equal height too: a last block of few rows would rearrange all of B for their sake.
        long panels = (problem.M + kernel.Rows - 1) / kernel.Rows;
        long blockPanels = PackBuffer.BlockFloats / (depth * kernel.Rows);
        long blocks = (panels + blockPanels - 1) / blockPanels;
        long block = (panels + blocks - 1) / blocks * kernel.Rows;
        Job job = new()
        {
            Problem = problem,
            PanelRows = kernel.Rows,
            PanelColumns = kernel.Columns,
            ShortRows = kernel.ShortRows,
            Tile = kernel.Tile,
            ShortTile = kernel.ShortTile,
            PackedA = PackBuffer.OfThisThread.Block,
            PackChunk = Math.Max(1, PackChunkFloats / (depth * kernel.Rows)),
            GridColumns = (problem.N + kernel.Columns - 1) / kernel.Columns,
        };
        for (long row = 0; row < problem.M; row += block)
        {
            job.Problem.M = Math.Min(block, problem.M - row);
            job.Problem.C = problem.C + (row * problem.Ldc);
            job.PanelsA = (job.Problem.M + kernel.Rows - 1) / kernel.Rows;

            // A panel of B is packed once for each row of the grid: rows are split only where columns alone do not keep all threads busy.
            job.GridRows = workers.Threads == 1 ? 1 : Math.Clamp(4L * workers.Threads / job.GridColumns, 1, job.PanelsA);
            for (long pass = 0; pass < passes; pass++)
            {
                long start = pass * depth;
                job.Problem.K = Math.Min(depth, problem.K - start);
                job.Problem.A = problem.A + (problem.Form == GemmForm.TN ? (start * problem.Lda) + row : (row * problem.Lda) + start);
                job.Problem.B = problem.B + (problem.Form == GemmForm.NT ? start : start * problem.Ldb);
                job.Problem.Bias = pass == 0 ? problem.Bias : null;
                job.Problem.Accumulate = problem.Accumulate || pass > 0;
                workers.Run((job.PanelsA + job.PackChunk - 1) / job.PackChunk, &job, &PackA);
                workers.Run(job.GridRows * job.GridColumns, &job, &MultiplyPanel);
            }
        }
    }

    private static void PackA(void* context, long chunk)
    {
        Job* job = (Job*)context;
        GemmProblem* problem = &job->Problem;
        long end = Math.Min(job->PanelsA, (chunk + 1) * job->PackChunk);
        for (long panel = chunk * job->PackChunk; panel < end; panel++)
        {
            long row = panel * job->PanelRows;
            int lines = (int)Math.Min(job->PanelRows, problem->M - row);
            float* target = job->PackedA + (row * problem->K);
            if (problem->Form == GemmForm.TN)
            {
                Packing.Copy(target, job->PanelRows, problem->A + row, problem->Lda, lines, problem->K);
            }
            else
            {
                Packing.Transpose(target, job->PanelRows, problem->A + (row * problem->Lda), problem->Lda, lines, problem->K);
            }
        }
    }

    // One panel of B against some or all panels of A.
    [SkipLocalsInit]
    private static void MultiplyPanel(void* context, long chunk)
    {
        Job* job = (Job*)context;
        GemmProblem* problem = &job->Problem;
        long column = chunk / job->GridRows * job->PanelColumns;
        long part = chunk % job->GridRows;
        int columns = (int)Math.Min(job->PanelColumns, problem->N - column);
        float* panelB = PanelOfB(job, column, columns, out long strideB);
        float* bias = problem->Bias is null ? null : problem->Bias + column;
        float* edge = stackalloc float[GemmKernel.MaxTile];
        long last = job->PanelsA * (part + 1) / job->GridRows;
        for (long panel = job->PanelsA * part / job->GridRows; panel < last; panel++)
        {
            long row = panel * job->PanelRows;
            float* panelA = job->PackedA + (row * problem->K);
            float* c = problem->C + (row * problem->Ldc) + column;
            int rows = (int)Math.Min(job->PanelRows, problem->M - row);
            bool few = rows <= job->ShortRows;
            TileCode tile = few ? job->ShortTile : job->Tile;
            if (columns == job->PanelColumns && rows == (few ? job->ShortRows : job->PanelRows))
            {
                tile(panelA, panelB, strideB, problem->K, c, problem->Ldc, bias, problem->Accumulate);
            }
            else
            {
                tile(panelA, panelB, strideB, problem->K, edge, job->PanelColumns, null, false);
                PutEdge(c, problem->Ldc, edge, job->PanelColumns, rows, columns, bias, problem->Accumulate);
            }
        }
    }

    private static float* PanelOfB(Job* job, long column, int columns, out long stride)
    {
        GemmProblem* problem = &job->Problem;
        if (problem->Form != GemmForm.NT && job->PanelsA <= PanelsInPlace && columns == job->PanelColumns)
        {
            stride = problem->Ldb;
            return problem->B + column;
        }

        float* panel = PackBuffer.OfThisThread.Panel;
        stride = job->PanelColumns;
        if (problem->Form == GemmForm.NT)
        {
            Packing.Transpose(panel, job->PanelColumns, problem->B + (column * problem->Ldb), problem->Ldb, columns, problem->K);
        }
        else
        {
            Packing.Copy(panel, job->PanelColumns, problem->B + column, problem->Ldb, columns, problem->K);
        }

        return panel;
    }

    // The part of a tile that C has, with the sums in the order of the tile kernels.
    private static void PutEdge(float* c, long ldc, float* tile, int width, int rows, int columns, float* bias, bool add)
    {
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                float sum = add ? tile[j] + c[j] : tile[j];
                c[j] = bias is null ? sum : sum + bias[j];
            }

            c += ldc;
            tile += width;
        }
    }

    // The problem is the present block and pass.
    private struct Job
    {
        public GemmProblem Problem;
        public int PanelRows;
        public int PanelColumns;
        public int ShortRows;
        public TileCode Tile;
        public TileCode ShortTile;
        public float* PackedA;
        public long PackChunk;
        public long PanelsA;
        public long GridRows;
        public long GridColumns;
    }
}
