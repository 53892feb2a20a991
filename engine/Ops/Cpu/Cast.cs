using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Conversion of storage types.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void CastForward(Tensor y, Tensor x)
    {
        CastJob job = new() { Elements = Chunks.OfElements(x.Count), Y = y, X = x };
        Workers.Run(job.Elements.Count, &job, &CastElements);
    }

    private static void CastElements(void* context, long chunk)
    {
        CastJob* job = (CastJob*)context;
        long start = job->Elements.Start(chunk);
        int count = (int)(job->Elements.End(chunk) - start);
        Elements.Convert(Bytes(job->X), job->X.Type, Bytes(job->Y), job->Y.Type);

        Span<byte> Bytes(Tensor tensor) => new((byte*)tensor.Address + (start * tensor.Type.Size()), count * tensor.Type.Size());
    }

    private struct CastJob
    {
        public Chunks Elements;
        public Tensor Y;
        public Tensor X;
    }
}
