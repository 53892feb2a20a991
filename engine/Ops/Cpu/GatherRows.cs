using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Chosen rows.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void GatherRowsForward(Tensor y, Tensor x, Tensor index)
    {
        GatherRowsJob job = new() { Rows = Chunks.OfRows(y.Rows, y.Width), Width = y.Width, Chosen = y.Floats, All = x.Floats, Index = index.Ints };
        Workers.Run(job.Rows.Count, &job, &GatherRowsForwardRows);
    }

    internal override void GatherRowsBackward(Tensor dx, Tensor dy, Tensor index)
    {
        FillForward(dx, 0);
        GatherRowsJob job = new() { Rows = Chunks.OfRows(dy.Rows, dy.Width), Width = dy.Width, Chosen = dy.Floats, All = dx.Floats, Index = index.Ints };
        Workers.Run(job.Rows.Count, &job, &GatherRowsBackwardRows);
    }

    private static void GatherRowsForwardRows(void* context, long chunk)
    {
        GatherRowsJob* job = (GatherRowsJob*)context;
        for (long row = job->Rows.Start(chunk); row < job->Rows.End(chunk); row++)
        {
            Lanes.Copy(job->Chosen + (row * job->Width), job->All + (job->Index[row] * job->Width), job->Width);
        }
    }

    private static void GatherRowsBackwardRows(void* context, long chunk)
    {
        GatherRowsJob* job = (GatherRowsJob*)context;
        for (long row = job->Rows.Start(chunk); row < job->Rows.End(chunk); row++)
        {
            Lanes.Copy(job->All + (job->Index[row] * job->Width), job->Chosen + (row * job->Width), job->Width);
        }
    }

    private struct GatherRowsJob
    {
        public Chunks Rows;
        public long Width;
        public float* Chosen;
        public float* All;
        public int* Index;
    }
}
