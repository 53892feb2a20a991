using System.Runtime.Intrinsics;
using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Root-mean-square norm.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void RmsNormForward(Tensor y, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, float epsilon)
    {
        RmsNormForwardJob job = new()
        {
            Rows = Chunks.OfRows(x.Rows, x.Width),
            Width = x.Width,
            Y = y.Floats,
            Rstd = rstd.Floats,
            Sum = sum.Floats,
            X = x.Floats,
            Delta = delta.Floats,
            W = w.Floats,
            Epsilon = epsilon,
        };
        Workers.Run(job.Rows.Count, &job, &RmsNormForwardRows);
    }

    internal override void RmsNormBackward(Tensor dres, Tensor dw, Tensor y, Tensor dy, Tensor x, Tensor rstd, Tensor w, bool accumulate)
    {
        RmsNormBackwardJob job = new()
        {
            Sums = new ColumnSums(x.Rows, x.Width, sets: 1),
            Width = x.Width,
            Dres = dres.Floats,
            Y = y.Floats,
            Dy = dy.Floats,
            X = x.Floats,
            Rstd = rstd.Floats,
            W = w.Floats,
        };
        if (dw.Exists)
        {
            job.Sums.Attach(Workspace(job.Sums.Bytes));
        }

        Workers.Run(job.Sums.Rows.Count, &job, &RmsNormBackwardRows);
        if (dw.Exists)
        {
            job.Sums.Combine(Workers, dw.Floats, set: 0, accumulate);
        }
    }

    private static void RmsNormForwardRows(void* context, long chunk)
    {
        RmsNormForwardJob* job = (RmsNormForwardJob*)context;
        long width = job->Width;
        for (long row = job->Rows.Start(chunk); row < job->Rows.End(chunk); row++)
        {
            float* x = job->X + (row * width);
            if (job->Delta is not null)
            {
                float* sum = job->Sum + (row * width);
                Lanes.Add(sum, x, job->Delta + (row * width), width);
                x = sum;
            }

            Vector512<float> squares = Vector512<float>.Zero;
            for (long i = 0; i < width; i += Lanes.Count)
            {
                Vector512<float> value = Lanes.Load(x + i, width - i);
                squares += value * value;
            }

            float r = (float)(1 / Math.Sqrt(((double)Lanes.Sum(squares) / width) + job->Epsilon));
            job->Rstd[row] = r;
            float* y = job->Y + (row * width);
            for (long i = 0; i < width; i += Lanes.Count)
            {
                Lanes.Store(y + i, width - i, Lanes.Load(job->W + i, width - i) * (Lanes.Load(x + i, width - i) * r));
            }
        }
    }

    private static void RmsNormBackwardRows(void* context, long chunk)
    {
        RmsNormBackwardJob* job = (RmsNormBackwardJob*)context;
        float* block = job->Sums.Block(chunk, set: 0);
        long end = job->Sums.Rows.End(chunk);
        for (long first = job->Sums.Rows.Start(chunk); first < end; first += ColumnSums.BlockRows)
        {
            for (long row = first; row < Math.Min(end, first + ColumnSums.BlockRows); row++)
            {
                RmsNormBackwardRow(job, row, block);
            }

            if (block is not null)
            {
                job->Sums.Flush(chunk, set: 0);
            }
        }
    }

    private static void RmsNormBackwardRow(RmsNormBackwardJob* job, long row, float* dw)
    {
        long width = job->Width;
        float* dres = job->Dres + (row * width);
        float* y = job->Y is null ? null : job->Y + (row * width);
        float* dy = job->Dy + (row * width);
        float* x = job->X + (row * width);
        float* w = job->W;
        float r = job->Rstd[row];

        Vector512<float> products = Vector512<float>.Zero;
        for (long i = 0; i < width; i += Lanes.Count)
        {
            products += Lanes.Load(dy + i, width - i) * Lanes.Load(w + i, width - i) * (Lanes.Load(x + i, width - i) * r);
        }

        float mean = Lanes.Sum(products) / width;
        for (long i = 0; i < width; i += Lanes.Count)
        {
            long remaining = width - i;
            Vector512<float> gradient = Lanes.Load(dy + i, remaining);
            Vector512<float> gain = Lanes.Load(w + i, remaining);
            Vector512<float> normal = Lanes.Load(x + i, remaining) * r;
            Lanes.Store(dres + i, remaining, Lanes.Load(dres + i, remaining) + (((gradient * gain) - (normal * mean)) * r));
            if (dw is not null)
            {
                // The block is padded to whole vectors.
                (Vector512.Load(dw + i) + (gradient * normal)).Store(dw + i);
            }

            if (y is not null)
            {
                Lanes.Store(y + i, remaining, gain * normal);
            }
        }
    }

    private struct RmsNormForwardJob
    {
        public Chunks Rows;
        public long Width;
        public float* Y;
        public float* Rstd;
        public float* Sum;
        public float* X;
        public float* Delta;
        public float* W;
        public float Epsilon;
    }

    private struct RmsNormBackwardJob
    {
        public ColumnSums Sums;
        public long Width;
        public float* Dres;
        public float* Y;
        public float* Dy;
        public float* X;
        public float* Rstd;
        public float* W;
    }
}
