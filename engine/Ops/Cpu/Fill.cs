using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Fill.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void FillForward(Tensor x, float value)
    {
        FillJob job = new() { Elements = Chunks.OfElements(x.Count), X = x.Floats, Value = value };
        Workers.Run(job.Elements.Count, &job, &FillElements);
    }

    private static void FillElements(void* context, long chunk)
    {
        FillJob* job = (FillJob*)context;
        long start = job->Elements.Start(chunk);
        new Span<float>(job->X + start, (int)(job->Elements.End(chunk) - start)).Fill(job->Value);
    }

    private struct FillJob
    {
        public Chunks Elements;
        public float* X;
        public float Value;
    }
}
