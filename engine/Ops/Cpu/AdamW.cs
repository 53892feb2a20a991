using System.Numerics;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>AdamW.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void AdamWUpdate(
        Tensor values, Tensor remainders, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step)
    {
        float clip = norm.Floats[1];
        if (float.IsNaN(clip))
        {
            return;
        }

        AdamWFactors factors = new(step);
        AdamWJob job = new() { Clip = clip, Factors = factors };
        foreach (AdamWSegment segment in segments)
        {
            job.Count = segment.Count;
            job.Values = values.Floats + segment.Start;
            job.First = first.Floats + segment.Start;
            job.Second = second.Floats + segment.Start;
            job.Gradients = gradients.Floats + segment.Start;
            job.Decay = AdamWFactors.Decay(segment);
            job.StepSize = factors.StepSize(segment);
            Workers.Run((segment.Count + AdamWJob.Chunk - 1) / AdamWJob.Chunk, &job, &AdamWChunk);
        }
    }

    private static void AdamWChunk(void* context, long chunk)
    {
        AdamWJob* job = (AdamWJob*)context;
        long i = chunk * AdamWJob.Chunk;
        long end = Math.Min(job->Count, i + AdamWJob.Chunk);
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> value = Vector.Load(job->Values + i);
            Vector<float> first = Vector.Load(job->First + i);
            Vector<float> second = Vector.Load(job->Second + i);
            job->Step(ref value, ref first, ref second, Vector.Load(job->Gradients + i));
            Vector.Store(value, job->Values + i);
            Vector.Store(first, job->First + i);
            Vector.Store(second, job->Second + i);
        }

        // The last few elements go through the same vector arithmetic, one in every lane.
        for (; i < end; i++)
        {
            Vector<float> value = new(job->Values[i]);
            Vector<float> first = new(job->First[i]);
            Vector<float> second = new(job->Second[i]);
            job->Step(ref value, ref first, ref second, new Vector<float>(job->Gradients[i]));
            job->Values[i] = value[0];
            job->First[i] = first[0];
            job->Second[i] = second[0];
        }
    }

    private struct AdamWJob
    {
        public const long Chunk = 1 << 15;
        public long Count;
        public float* Values;
        public float* First;
        public float* Second;
        public float* Gradients;
        public float Clip;
        public AdamWFactors Factors;
        public float Decay;
        public float StepSize;

        public readonly void Step(ref Vector<float> value, ref Vector<float> first, ref Vector<float> second, Vector<float> gradient)
        {
            gradient *= Clip;
            first = Vector.MultiplyAddEstimate(gradient - first, new Vector<float>(Factors.FirstRate), first);
            second = Vector.MultiplyAddEstimate(gradient * gradient, new Vector<float>(Factors.SecondRate), second * Factors.SecondDecay);
            Vector<float> root = Vector.MultiplyAddEstimate(Vector.SquareRoot(second), new Vector<float>(Factors.RootCorrection), new Vector<float>(Factors.Epsilon));

            // Decay and step are summed first, so that the weight is rounded once: a factor 1 − lr·wd would lose digits of a small decay.
            value -= Vector.MultiplyAddEstimate(value, new Vector<float>(Decay), first / root * StepSize);
        }
    }
}
