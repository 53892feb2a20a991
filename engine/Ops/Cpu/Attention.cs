using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Attention over packed sequences.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void AttentionForward(Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape)
    {
        AttentionJob job = new()
        {
            Shape = shape,
            Rows = qkv.Rows,
            Sequences = cuSeqlens.Rows - 1,
            Starts = cuSeqlens.Ints,
            Tiles = (maxLength + AttentionQueries.MaxQueries - 1) / AttentionQueries.MaxQueries,
            Qkv = qkv.Floats,
            O = o.Floats,
            Lse = lse.Floats,
        };
        Workers.Run(job.Tiles * job.Sequences * shape.Heads, &job, &AttendQueries);
    }

    internal override void AttentionBackward(
        Tensor dqkv, Tensor dO, Tensor o, Tensor lse, Tensor qkv, Tensor cuSeqlens, int maxLength, AttentionShape shape, Rotary rotary)
    {
        AttentionJob job = new()
        {
            Shape = shape,
            Rows = qkv.Rows,
            Sequences = cuSeqlens.Rows - 1,
            Starts = cuSeqlens.Ints,
            Qkv = qkv.Floats,
            O = o.Floats,
            Lse = lse.Floats,
            DQkv = dqkv.Floats,
            DO = dO.Floats,
            Angles = new RotaryAngles(rotary, shape.HeadSize, inverse: true),
        };
        Workers.Run(job.Sequences * shape.KvHeads, &job, &DifferentiateHead);
    }

    // One tile of queries of one head. The last tiles, which see the most keys when causal, come first, so that no thread is left with a long one.
    private static void AttendQueries(void* context, long chunk)
    {
        AttentionJob* job = (AttentionJob*)context;
        AttentionShape shape = job->Shape;
        int head = (int)(chunk % shape.Heads);
        long sequence = chunk / shape.Heads % job->Sequences;
        long first = job->Starts[sequence];
        int length = job->Starts[sequence + 1] - job->Starts[sequence];
        int tile = AttentionQueries.TileOf(length);
        long start = (job->Tiles - 1 - (chunk / shape.Heads / job->Sequences)) * tile;
        if (start >= length)
        {
            return;
        }

        int queries = (int)Math.Min(tile, length - start);
        float* rows = job->Qkv + (first * shape.QkvSize);
        int kvHead = head / (shape.Heads / shape.KvHeads);
        new AttentionQueries
        {
            Q = rows + (start * shape.QkvSize) + (head * shape.HeadSize),
            StrideQ = shape.QkvSize,
            K = rows + ((shape.Heads + kvHead) * shape.HeadSize),
            StrideK = shape.QkvSize,
            V = rows + ((shape.Heads + shape.KvHeads + kvHead) * shape.HeadSize),
            StrideV = shape.QkvSize,
            O = job->O + ((first + start) * shape.OutputSize) + (head * shape.HeadSize),
            StrideO = shape.OutputSize,
            Lse = job->Lse + (head * job->Rows) + first + start,
            Queries = queries,
            Keys = shape.Causal ? (int)start + queries : length,
            Offset = shape.Causal ? (int)start : length,
            HeadSize = shape.HeadSize,
            Scale = shape.Scale,
        }.Run();
    }

    private static void DifferentiateHead(void* context, long chunk)
    {
        AttentionJob* job = (AttentionJob*)context;
        AttentionShape shape = job->Shape;
        long sequence = chunk / shape.KvHeads;
        int kvHead = (int)(chunk % shape.KvHeads);
        int group = shape.Heads / shape.KvHeads;
        long first = job->Starts[sequence];
        int length = job->Starts[sequence + 1] - job->Starts[sequence];
        if (length == 0)
        {
            return;
        }

        long rows = first * shape.QkvSize;
        long q = rows + ((long)kvHead * group * shape.HeadSize);
        long k = rows + ((shape.Heads + kvHead) * shape.HeadSize);
        long v = k + (shape.KvHeads * shape.HeadSize);
        long o = (first * shape.OutputSize) + ((long)kvHead * group * shape.HeadSize);
        new AttentionGradients
        {
            Q = job->Qkv + q,
            DQ = job->DQkv + q,
            K = job->Qkv + k,
            DK = job->DQkv + k,
            V = job->Qkv + v,
            DV = job->DQkv + v,
            Stride = shape.QkvSize,
            O = job->O + o,
            DO = job->DO + o,
            StrideO = shape.OutputSize,
            Lse = job->Lse + (kvHead * group * job->Rows) + first,
            StrideLse = job->Rows,
            FirstRow = first,
            Length = length,
            Group = group,
            HeadSize = shape.HeadSize,
            Causal = shape.Causal,
            Scale = shape.Scale,
            Angles = job->Angles,
        }.Run();
    }

    private struct AttentionJob
    {
        public AttentionShape Shape;
        public long Rows;
        public long Sequences;
        public long Tiles;
        public int* Starts;
        public float* Qkv;
        public float* O;
        public float* Lse;
        public float* DQkv;
        public float* DO;
        public RotaryAngles Angles;
    }
}
