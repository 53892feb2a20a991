using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Rotary positions.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void RopeForward(Tensor qkv, Rotary rotary, AttentionShape shape)
    {
        RopeJob job = new()
        {
            Rows = qkv.Rows,
            Qkv = qkv.Floats,
            Shape = shape,
            Angles = new RotaryAngles(rotary, shape.HeadSize, inverse: false),
        };
        Workers.Run((job.Rows + RopeJob.RowsPerChunk - 1) / RopeJob.RowsPerChunk, &job, &RopeRows);
    }

    private static void RopeRows(void* context, long chunk)
    {
        RopeJob* job = (RopeJob*)context;
        int headSize = job->Shape.HeadSize;
        int heads = job->Shape.Heads + job->Shape.KvHeads;
        long last = Math.Min(job->Rows, (chunk + 1) * RopeJob.RowsPerChunk);
        for (long row = chunk * RopeJob.RowsPerChunk; row < last; row++)
        {
            float* head = job->Qkv + (row * job->Shape.QkvSize);
            for (int i = 0; i < heads; i++)
            {
                job->Angles.Rotate(head, row);
                head += headSize;
            }
        }
    }

    private struct RopeJob
    {
        public const long RowsPerChunk = 16;
        public long Rows;
        public float* Qkv;
        public AttentionShape Shape;
        public RotaryAngles Angles;
    }
}
