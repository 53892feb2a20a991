using System.Runtime.Intrinsics;
using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Layer norm.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void LayerNormForward(Tensor y, Tensor mean, Tensor rstd, Tensor sum, Tensor x, Tensor delta, Tensor w, Tensor b, float epsilon)
    {
        LayerNormForwardJob job = new()
        {
            Rows = Chunks.OfRows(x.Rows, x.Width),
            Width = x.Width,
            Y = y.Floats,
            Mean = mean.Floats,
            Rstd = rstd.Floats,
            Sum = sum.Floats,
            X = x.Floats,
            Delta = delta.Floats,
            W = w.Floats,
            B = b.Floats,
            Epsilon = epsilon,
        };
        Workers.Run(job.Rows.Count, &job, &LayerNormForwardRows);
    }

    internal override void LayerNormBackward(Tensor dres, Tensor dw, Tensor db, Tensor y, Tensor dy, Tensor x, Tensor mean, Tensor rstd, Tensor w, Tensor b, bool accumulate)
    {
        LayerNormBackwardJob job = new()
        {
            Sums = new ColumnSums(x.Rows, x.Width, sets: 2),
            Width = x.Width,
            Dres = dres.Floats,
            Y = y.Floats,
            Dy = dy.Floats,
            X = x.Floats,
            Mean = mean.Floats,
            Rstd = rstd.Floats,
            W = w.Floats,
            B = b.Floats,
        };
        if (dw.Exists)
        {
            job.Sums.Attach(Workspace(job.Sums.Bytes));
        }

        Workers.Run(job.Sums.Rows.Count, &job, &LayerNormBackwardRows);
        if (dw.Exists)
        {
            job.Sums.Combine(Workers, dw.Floats, set: 0, accumulate);
            job.Sums.Combine(Workers, db.Floats, set: 1, accumulate);
        }
    }

    private static void LayerNormForwardRows(void* context, long chunk)
    {
        LayerNormForwardJob* job = (LayerNormForwardJob*)context;
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

            Vector512<float> values = Vector512<float>.Zero;
            for (long i = 0; i < width; i += Lanes.Count)
            {
                values += Lanes.Load(x + i, width - i);
            }

            Vector512<float> mean = Vector512.Create(Lanes.Sum(values) / width);
            Vector512<float> squares = Vector512<float>.Zero;
            for (long i = 0; i < width; i += Lanes.Count)
            {
                Vector512<float> distance = Lanes.Keep(Lanes.Load(x + i, width - i) - mean, width - i);
                squares += distance * distance;
            }

            float r = (float)(1 / Math.Sqrt(((double)Lanes.Sum(squares) / width) + job->Epsilon));
            job->Mean[row] = mean[0];
            job->Rstd[row] = r;
            float* y = job->Y + (row * width);
            for (long i = 0; i < width; i += Lanes.Count)
            {
                Vector512<float> normal = (Lanes.Load(x + i, width - i) - mean) * r;
                Lanes.Store(y + i, width - i, (normal * Lanes.Load(job->W + i, width - i)) + Lanes.Load(job->B + i, width - i));
            }
        }
    }

    private static void LayerNormBackwardRows(void* context, long chunk)
    {
        LayerNormBackwardJob* job = (LayerNormBackwardJob*)context;
        float* dw = job->Sums.Block(chunk, set: 0);
        float* db = job->Sums.Block(chunk, set: 1);
        long end = job->Sums.Rows.End(chunk);
        for (long first = job->Sums.Rows.Start(chunk); first < end; first += ColumnSums.BlockRows)
        {
            for (long row = first; row < Math.Min(end, first + ColumnSums.BlockRows); row++)
            {
                LayerNormBackwardRow(job, row, dw, db);
            }

            if (dw is not null)
            {
                job->Sums.Flush(chunk, set: 0);
                job->Sums.Flush(chunk, set: 1);
            }
        }
    }

    private static void LayerNormBackwardRow(LayerNormBackwardJob* job, long row, float* dw, float* db)
    {
        long width = job->Width;
        float* dres = job->Dres + (row * width);
        float* y = job->Y is null ? null : job->Y + (row * width);
        float* dy = job->Dy + (row * width);
        float* x = job->X + (row * width);
        float* w = job->W;
        Vector512<float> mean = Vector512.Create(job->Mean[row]);
        float r = job->Rstd[row];

        Vector512<float> gradients = Vector512<float>.Zero;
        Vector512<float> products = Vector512<float>.Zero;
        for (long i = 0; i < width; i += Lanes.Count)
        {
            Vector512<float> gradient = Lanes.Load(dy + i, width - i) * Lanes.Load(w + i, width - i);
            gradients += gradient;
            products += gradient * ((Lanes.Load(x + i, width - i) - mean) * r);
        }

        Vector512<float> meanGradient = Vector512.Create(Lanes.Sum(gradients) / width);
        float meanProduct = Lanes.Sum(products) / width;
        for (long i = 0; i < width; i += Lanes.Count)
        {
            long remaining = width - i;
            Vector512<float> gradient = Lanes.Load(dy + i, remaining);
            Vector512<float> gain = Lanes.Load(w + i, remaining);
            Vector512<float> normal = (Lanes.Load(x + i, remaining) - mean) * r;
            Lanes.Store(dres + i, remaining, Lanes.Load(dres + i, remaining) + (((gradient * gain) - meanGradient - (normal * meanProduct)) * r));
            if (dw is not null)
            {
                // The blocks are padded to whole vectors.
                (Vector512.Load(dw + i) + (gradient * normal)).Store(dw + i);
                (Vector512.Load(db + i) + gradient).Store(db + i);
            }

            if (y is not null)
            {
                Lanes.Store(y + i, remaining, (normal * gain) + Lanes.Load(job->B + i, remaining));
            }
        }
    }

    private struct LayerNormForwardJob
    {
        public Chunks Rows;
        public long Width;
        public float* Y;
        public float* Mean;
        public float* Rstd;
        public float* Sum;
        public float* X;
        public float* Delta;
        public float* W;
        public float* B;
        public float Epsilon;
    }

    private struct LayerNormBackwardJob
    {
        public ColumnSums Sums;
        public long Width;
        public float* Dres;
        public float* Y;
        public float* Dy;
        public float* X;
        public float* Mean;
        public float* Rstd;
        public float* W;
        public float* B;
    }
}
