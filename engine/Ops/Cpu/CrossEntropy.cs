using System.Numerics;
using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Cross entropy.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void CrossEntropyForward(Tensor losses, Tensor logits, Tensor labels)
    {
        CrossEntropyJob job = new(losses, logits, labels, 0);
        Workers.Run(logits.Rows, &job, &CrossEntropyLoss);
    }

    internal override void CrossEntropyForwardBackward(Tensor losses, Tensor logits, Tensor labels, float scale)
    {
        CrossEntropyJob job = new(losses, logits, labels, scale);
        Workers.Run(logits.Rows, &job, &CrossEntropyGradient);
    }

    private static void CrossEntropyLoss(void* context, long row)
    {
        CrossEntropyJob* job = (CrossEntropyJob*)context;
        float* z = job->Logits + (row * job->Width);
        int label = job->Label(row);
        float max = Maximum(z, job->Width);
        job->Losses[row] = (float)(Math.Log(SumOfExponentials(z, job->Width, max, keep: false)) + max - z[label]);
    }

    private static void CrossEntropyGradient(void* context, long row)
    {
        CrossEntropyJob* job = (CrossEntropyJob*)context;
        float* z = job->Logits + (row * job->Width);
        int label = job->Label(row);
        float max = Maximum(z, job->Width);
        float target = z[label];
        double sum = SumOfExponentials(z, job->Width, max, keep: true);
        job->Losses[row] = (float)(Math.Log(sum) + max - target);
        float factor = (float)(job->Scale / sum);
        long i = 0;
        for (; i <= job->Width - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Store(Vector.Load(z + i) * factor, z + i);
        }

        for (; i < job->Width; i++)
        {
            z[i] *= factor;
        }

        z[label] -= job->Scale;
    }

    private static float Maximum(float* x, long count)
    {
        Vector<float> even = new(float.NegativeInfinity);
        Vector<float> odd = even;
        long i = 0;
        for (; i <= count - (2 * Vector<float>.Count); i += 2 * Vector<float>.Count)
        {
            even = Vector.MaxNative(even, Vector.Load(x + i));
            odd = Vector.MaxNative(odd, Vector.Load(x + i + Vector<float>.Count));
        }

        even = Vector.MaxNative(even, odd);
        float max = even[0];
        for (int lane = 1; lane < Vector<float>.Count; lane++)
        {
            max = MathF.Max(max, even[lane]);
        }

        for (; i < count; i++)
        {
            max = MathF.Max(max, x[i]);
        }

        return max;
    }

    // Σ exp(x − max): in single precision within blocks short enough that rounding does not pile up, then in double precision. Optionally leaves exp(x − max) in the place of x.
    private static double SumOfExponentials(float* x, long count, float max, bool keep)
    {
        const int Block = 1024;
        double total = 0;
        Vector<float> shift = new(max);
        long i = 0;
        while (i <= count - Vector<float>.Count)
        {
            Vector<float> sum = Vector<float>.Zero;
            for (long end = Math.Min(count, i + Block); i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> e = VectorMath.Exp(Vector.Load(x + i) - shift);
                sum += e;
                if (keep)
                {
                    Vector.Store(e, x + i);
                }
            }

            Vector.Widen(sum, out Vector<double> low, out Vector<double> high);
            total += Vector.Sum(low + high);
        }

        for (; i < count; i++)
        {
            float e = VectorMath.Exp(new Vector<float>(x[i] - max))[0];
            total += e;
            if (keep)
            {
                x[i] = e;
            }
        }

        return total;
    }

    private readonly struct CrossEntropyJob(Tensor losses, Tensor logits, Tensor labels, float scale)
    {
        public readonly long Width = logits.Width;
        public readonly float* Losses = losses.Floats;
        public readonly float* Logits = logits.Floats;
        public readonly float Scale = scale;
        private readonly int* _labels = labels.Ints;

        public int Label(long row)
        {
            int label = _labels[row];
            return (uint)label < (ulong)Width ? label : throw new ArgumentException($"The label of row {row} is {label}, but the vocabulary has {Width} tokens.");
        }
    }
}
