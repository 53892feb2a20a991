using System.Numerics;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>AdamW.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void AdamWUpdate(
        Tensor values, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step)
    {
        float clip = norm.Floats[1];
        if (float.IsNaN(clip))
        {
            return;
        }

        // By way of decimal, which keeps seven digits, 0.999f becomes the 0.999 that was meant: 1 − 0.999f alone would be wrong in its fifth digit.
        double beta1 = (double)(decimal)step.Beta1;
        double beta2 = (double)(decimal)step.Beta2;
        double correction1 = 1 - Math.Pow(beta1, step.Step);
        double correction2 = 1 - Math.Pow(beta2, step.Step);
        AdamWJob job = new()
        {
            Clip = clip,
            FirstRate = (float)(1 - beta1),
            SecondDecay = (float)beta2,
            SecondRate = (float)(1 - beta2),
            RootCorrection = (float)(1 / Math.Sqrt(correction2)),
            Epsilon = step.Epsilon,
        };
        foreach (AdamWSegment segment in segments)
        {
            job.Count = segment.Count;
            job.Values = values.Floats + segment.Start;
            job.First = first.Floats + segment.Start;
            job.Second = second.Floats + segment.Start;
            job.Gradients = gradients.Floats + segment.Start;
            job.Decay = segment.LearningRate * segment.WeightDecay;
            job.StepSize = (float)(segment.LearningRate / correction1);
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
        public float FirstRate;
        public float SecondDecay;
        public float SecondRate;
        public float RootCorrection;
        public float Epsilon;
        public float Decay;
        public float StepSize;

        public readonly void Step(ref Vector<float> value, ref Vector<float> first, ref Vector<float> second, Vector<float> gradient)
        {
            gradient *= Clip;
            first = Vector.MultiplyAddEstimate(gradient - first, new Vector<float>(FirstRate), first);
            second = Vector.MultiplyAddEstimate(gradient * gradient, new Vector<float>(SecondRate), second * SecondDecay);
            Vector<float> root = Vector.MultiplyAddEstimate(Vector.SquareRoot(second), new Vector<float>(RootCorrection), new Vector<float>(Epsilon));

            // Decay and step are summed first, so that the weight is rounded once: a factor 1 − lr·wd would lose digits of a small decay.
            value -= Vector.MultiplyAddEstimate(value, new Vector<float>(Decay), first / root * StepSize);
        }
    }
}
