using System.Numerics;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Norm of the gradients.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void GradientNormForward(Tensor result, Tensor gradients, float maxNorm)
    {
        long chunks = (gradients.Count + GradientNormJob.Chunk - 1) / GradientNormJob.Chunk;
        GradientNormJob job = new()
        {
            Count = gradients.Count,
            Gradients = gradients.Floats,
            Sums = (double*)Workspace(chunks * sizeof(double)),
        };
        Workers.Run(chunks, &job, &SumSquares);
        double sum = 0;
        for (long i = 0; i < chunks; i++)
        {
            sum += job.Sums[i];
        }

        float norm = (float)Math.Sqrt(sum);
        result.Floats[0] = norm;
        result.Floats[1] = float.IsFinite(norm) ? (float)Math.Min(1.0, maxNorm / (norm + 1e-6)) : float.NaN;
    }

    // Squares and sums in double precision: the op waits for memory anyway, and no gradient is too large or too many for it.
    private static void SumSquares(void* context, long chunk)
    {
        GradientNormJob* job = (GradientNormJob*)context;
        float* x = job->Gradients + (chunk * GradientNormJob.Chunk);
        long count = Math.Min(GradientNormJob.Chunk, job->Count - (chunk * GradientNormJob.Chunk));
        Vector<double> even = Vector<double>.Zero;
        Vector<double> odd = Vector<double>.Zero;
        long i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(Vector.Load(x + i), out Vector<double> low, out Vector<double> high);
            even = Vector.MultiplyAddEstimate(low, low, even);
            odd = Vector.MultiplyAddEstimate(high, high, odd);
        }

        double sum = Vector.Sum(even + odd);
        for (; i < count; i++)
        {
            sum += (double)x[i] * x[i];
        }

        job->Sums[chunk] = sum;
    }

    private struct GradientNormJob
    {
        public const long Chunk = 1 << 16;
        public long Count;
        public float* Gradients;
        public double* Sums;
    }
}
