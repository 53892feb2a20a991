using System.Runtime.Intrinsics;
using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Token embedding and image splice.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void EmbeddingForward(Tensor x, Tensor table, Tensor images, Tensor source)
    {
        EmbeddingForwardJob job = new()
        {
            Rows = Chunks.OfRows(x.Rows, x.Width),
            Width = x.Width,
            X = x.Floats,
            Table = table.Floats,
            Images = images.Floats,
            Source = source.Ints,
        };
        Workers.Run(job.Rows.Count, &job, &EmbeddingForwardRows);
    }

    internal override void EmbeddingBackward(Tensor dtable, Tensor dx, Tensor ids, Tensor starts, Tensor rows, bool accumulate)
    {
        if (!accumulate)
        {
            FillForward(dtable, 0);
        }

        EmbeddingBackwardJob job = new() { Width = dx.Width, Dtable = dtable.Floats, Dx = dx.Floats, Ids = ids.Ints, Starts = starts.Ints, Rows = rows.Ints };
        Workers.Run(ids.Rows, &job, &EmbeddingBackwardSegment);
    }

    private static void EmbeddingForwardRows(void* context, long chunk)
    {
        EmbeddingForwardJob* job = (EmbeddingForwardJob*)context;
        for (long row = job->Rows.Start(chunk); row < job->Rows.End(chunk); row++)
        {
            long source = job->Source[row];
            float* from = source >= 0 ? job->Table + (source * job->Width) : job->Images + ((-1 - source) * job->Width);
            Lanes.Copy(job->X + (row * job->Width), from, job->Width);
        }
    }

    private static void EmbeddingBackwardSegment(void* context, long segment)
    {
        EmbeddingBackwardJob* job = (EmbeddingBackwardJob*)context;
        float* target = job->Dtable + (job->Ids[segment] * job->Width);
        for (long column = 0; column < job->Width; column += Lanes.Count)
        {
            // In double precision, because a full stop may be thousands of rows.
            long remaining = job->Width - column;
            (Vector512<double> low, Vector512<double> high) = Vector512.Widen(Lanes.Load(target + column, remaining));
            for (long i = job->Starts[segment]; i < job->Starts[segment + 1]; i++)
            {
                (Vector512<double> dxLow, Vector512<double> dxHigh) = Vector512.Widen(Lanes.Load(job->Dx + (job->Rows[i] * job->Width) + column, remaining));
                low += dxLow;
                high += dxHigh;
            }

            Lanes.Store(target + column, remaining, Vector512.Narrow(low, high));
        }
    }

    private struct EmbeddingForwardJob
    {
        public Chunks Rows;
        public long Width;
        public float* X;
        public float* Table;
        public float* Images;
        public int* Source;
    }

    private struct EmbeddingBackwardJob
    {
        public long Width;
        public float* Dtable;
        public float* Dx;
        public int* Ids;
        public int* Starts;
        public int* Rows;
    }
}
