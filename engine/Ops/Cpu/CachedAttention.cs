using LlavaCuda.Ops;
using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Attention over a cache of keys and values.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void CachedAttentionAppend(Tensor keys, Tensor values, Tensor qkv, Rotary rotary, Tensor cuSeqlens, Tensor past, AttentionShape shape)
    {
        if (rotary.Cos.Exists)
        {
            RopeForward(qkv, rotary, shape);
        }

        CachedJob job = new(default, qkv, keys, values, cuSeqlens, past, shape);
        Workers.Run(past.Rows * shape.KvHeads, &job, &AppendHead);
    }

    /// <summary>
    /// Sequences with many new rows are cut into tiles of queries, as without a cache. Those with few wait for memory to bring keys and values: there the keys are
    /// cut into blocks, so that all threads fetch even for one sequence and few heads, and the blocks' results are joined in order afterwards.
    /// </summary>
    internal override void CachedAttentionForward(Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, int maxLength, AttentionShape shape)
    {
        CachedJob job = new(o, qkv, keys, values, cuSeqlens, past, shape);
        int longest = 0;
        for (int i = 0; i < past.Rows; i++)
        {
            int rows = job.NewRows(i);
            if (rows > CachedAttention.FewRows)
            {
                longest = Math.Max(longest, rows);
            }
            else if (rows > 0)
            {
                job.FewRows = Math.Max(job.FewRows, rows);
                job.Blocks = Math.Max(job.Blocks, AttentionBlock.CountFor(job.Past[i] + rows));
            }
        }

        job.Tiles = (longest + AttentionQueries.MaxQueries - 1) / AttentionQueries.MaxQueries;
        Workers.Run(job.Tiles * past.Rows * shape.Heads, &job, &AttendManyRows);
        job.Partial = (float*)Workspace(past.Rows * shape.Heads * job.FewRows * job.Blocks * AttentionBlock.PartialSize(shape.HeadSize) * sizeof(float));
        Workers.Run(job.Blocks * past.Rows * shape.KvHeads, &job, &AttendFewRows);
        Workers.Run(job.FewRows == 0 ? 0 : past.Rows * shape.Heads, &job, &JoinBlocks);
    }

    private static void AppendHead(void* context, long chunk)
    {
        CachedJob* job = (CachedJob*)context;
        AttentionShape shape = job->Shape;
        long sequence = chunk / shape.KvHeads;
        long kvHead = chunk % shape.KvHeads;
        int rows = job->NewRows(sequence);
        float* k = job->Qkv + (job->Starts[sequence] * (long)shape.QkvSize) + ((shape.Heads + kvHead) * shape.HeadSize);
        float* v = k + (shape.KvHeads * shape.HeadSize);
        long at = (chunk * job->Capacity * shape.HeadSize) + ((long)job->Past[sequence] * shape.HeadSize);
        long bytes = shape.HeadSize * sizeof(float);
        for (int i = 0; i < rows; i++)
        {
            Buffer.MemoryCopy(k, job->Keys + at, bytes, bytes);
            Buffer.MemoryCopy(v, job->Values + at, bytes, bytes);
            k += shape.QkvSize;
            v += shape.QkvSize;
            at += shape.HeadSize;
        }
    }

    private static void AttendManyRows(void* context, long chunk)
    {
        CachedJob* job = (CachedJob*)context;
        AttentionShape shape = job->Shape;
        long head = chunk % shape.Heads;
        long sequence = chunk / shape.Heads % job->Sequences;
        int rows = job->NewRows(sequence);
        int tile = AttentionQueries.TileOf(rows);
        long start = (job->Tiles - 1 - (chunk / shape.Heads / job->Sequences)) * tile;
        if (rows <= CachedAttention.FewRows || start >= rows)
        {
            return;
        }

        int queries = (int)Math.Min(tile, rows - start);
        int offset = job->Past[sequence] + (int)start;
        long cache = job->CacheOf(sequence, head);
        new AttentionQueries
        {
            Q = job->Qkv + ((job->Starts[sequence] + start) * shape.QkvSize) + (head * shape.HeadSize),
            StrideQ = shape.QkvSize,
            K = job->Keys + cache,
            StrideK = shape.HeadSize,
            V = job->Values + cache,
            StrideV = shape.HeadSize,
            O = job->O + ((job->Starts[sequence] + start) * shape.OutputSize) + (head * shape.HeadSize),
            StrideO = shape.OutputSize,
            Queries = queries,
            Keys = offset + queries,
            Offset = offset,
            HeadSize = shape.HeadSize,
            Scale = shape.Scale,
        }.Run();
    }

    // One block of keys for all few rows of a sequence and all heads that read it.
    private static void AttendFewRows(void* context, long chunk)
    {
        CachedJob* job = (CachedJob*)context;
        AttentionShape shape = job->Shape;
        int block = (int)(chunk % job->Blocks);
        long kvHead = chunk / job->Blocks % shape.KvHeads;
        long sequence = chunk / job->Blocks / shape.KvHeads;
        int rows = job->NewRows(sequence);
        int group = shape.Heads / shape.KvHeads;
        if (rows > CachedAttention.FewRows)
        {
            return;
        }

        for (long head = kvHead * group; head < (kvHead + 1) * group; head++)
        {
            long first = job->CacheOf(sequence, head) + ((long)block * AttentionBlock.Keys * shape.HeadSize);
            for (int i = 0; i < rows; i++)
            {
                int keys = Math.Min(job->Past[sequence] + i + 1 - (block * AttentionBlock.Keys), AttentionBlock.Keys);
                if (keys > 0)
                {
                    float* q = job->Qkv + ((job->Starts[sequence] + i) * (long)shape.QkvSize) + (head * shape.HeadSize);
                    float* partial = job->PartialOf(sequence, head, i) + (block * AttentionBlock.PartialSize(shape.HeadSize));
                    AttentionBlock.Attend(partial, q, job->Keys + first, job->Values + first, keys, shape.HeadSize, shape.Scale);
                }
            }
        }
    }

    private static void JoinBlocks(void* context, long chunk)
    {
        CachedJob* job = (CachedJob*)context;
        AttentionShape shape = job->Shape;
        long sequence = chunk / shape.Heads;
        long head = chunk % shape.Heads;
        int rows = job->NewRows(sequence);
        for (int i = 0; i < rows && rows <= CachedAttention.FewRows; i++)
        {
            float* o = job->O + ((job->Starts[sequence] + i) * (long)shape.OutputSize) + (head * shape.HeadSize);
            AttentionBlock.Join(o, job->PartialOf(sequence, head, i), AttentionBlock.CountFor(job->Past[sequence] + i + 1), shape.HeadSize);
        }
    }

    private struct CachedJob(Tensor o, Tensor qkv, Tensor keys, Tensor values, Tensor cuSeqlens, Tensor past, AttentionShape shape)
    {
        public readonly AttentionShape Shape = shape;
        public readonly long Sequences = past.Rows;
        public readonly long Capacity = keys.Shape[2];
        public readonly int* Starts = cuSeqlens.Ints;
        public readonly int* Past = past.Ints;
        public readonly float* O = o.Floats;
        public readonly float* Qkv = qkv.Floats;
        public readonly float* Keys = keys.Floats;
        public readonly float* Values = values.Floats;

        // Tiles of the longest sequence with many new rows; most rows and blocks of those with few, and what their blocks compute.
        public long Tiles;
        public long FewRows;
        public long Blocks;
        public float* Partial;

        public readonly int NewRows(long sequence) => Starts[sequence + 1] - Starts[sequence];

        public readonly long CacheOf(long sequence, long head) =>
            ((sequence * Shape.KvHeads) + (head / (Shape.Heads / Shape.KvHeads))) * Capacity * Shape.HeadSize;

        public readonly float* PartialOf(long sequence, long head, int row) =>
            Partial + (((((sequence * Shape.Heads) + head) * FewRows) + row) * Blocks * AttentionBlock.PartialSize(Shape.HeadSize));
    }
}
