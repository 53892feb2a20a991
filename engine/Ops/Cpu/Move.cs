using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Copies within the device.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void MoveForward(Tensor destination, Tensor source)
    {
        MoveJob job = new() { Bytes = new Chunks(source.Bytes, 1 << 17), Destination = (byte*)destination.Address, Source = (byte*)source.Address };
        Workers.Run(job.Bytes.Count, &job, &MoveBytes);
    }

    private static void MoveBytes(void* context, long chunk)
    {
        MoveJob* job = (MoveJob*)context;
        long start = job->Bytes.Start(chunk);
        long bytes = job->Bytes.End(chunk) - start;
        Buffer.MemoryCopy(job->Source + start, job->Destination + start, bytes, bytes);
    }

    private struct MoveJob
    {
        public Chunks Bytes;
        public byte* Destination;
        public byte* Source;
    }
}
