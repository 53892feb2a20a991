using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Bias gradient.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void ColumnSumBackward(Tensor db, Tensor dy, bool accumulate)
    {
        ColumnSumJob job = new() { Sums = new ColumnSums(dy.Rows, dy.Width, sets: 1), Width = dy.Width, Dy = dy.Floats };
        job.Sums.Attach(Workspace(job.Sums.Bytes));
        Workers.Run(job.Sums.Rows.Count, &job, &ColumnSumRows);
        job.Sums.Combine(Workers, db.Floats, set: 0, accumulate);
    }

    private static void ColumnSumRows(void* context, long chunk)
    {
        ColumnSumJob* job = (ColumnSumJob*)context;
        float* block = job->Sums.Block(chunk, set: 0);
        long end = job->Sums.Rows.End(chunk);
        for (long first = job->Sums.Rows.Start(chunk); first < end; first += ColumnSums.BlockRows)
        {
            for (long row = first; row < Math.Min(end, first + ColumnSums.BlockRows); row++)
            {
                Lanes.Add(block, block, job->Dy + (row * job->Width), job->Width);
            }

            job->Sums.Flush(chunk, set: 0);
        }
    }

    private struct ColumnSumJob
    {
        public ColumnSums Sums;
        public long Width;
        public float* Dy;
    }
}
