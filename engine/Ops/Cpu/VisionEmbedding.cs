using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>CLIP's input rows.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void VisionEmbeddingForward(Tensor x, Tensor patches, Tensor cls, Tensor positions)
    {
        VisionEmbeddingJob job = new()
        {
            Rows = Chunks.OfRows(x.Rows, x.Width),
            Tokens = positions.Rows,
            Width = x.Width,
            X = x.Floats,
            Patches = patches.Floats,
            Cls = cls.Floats,
            Positions = positions.Floats,
        };
        Workers.Run(job.Rows.Count, &job, &VisionEmbeddingForwardRows);
    }

    internal override void VisionEmbeddingBackward(Tensor dpatches, Tensor dcls, Tensor dpositions, Tensor dx, bool accumulate)
    {
        VisionEmbeddingJob job = new()
        {
            Pictures = dx.Rows / dpositions.Rows,
            Tokens = dpositions.Rows,
            Width = dx.Width,
            X = dx.Floats,
            Patches = dpatches.Floats,
            Cls = dcls.Floats,
            Positions = dpositions.Floats,
            Accumulate = accumulate,
        };
        Workers.Run(job.Tokens, &job, &VisionEmbeddingBackwardToken);
    }

    private static void VisionEmbeddingForwardRows(void* context, long chunk)
    {
        VisionEmbeddingJob* job = (VisionEmbeddingJob*)context;
        for (long row = job->Rows.Start(chunk); row < job->Rows.End(chunk); row++)
        {
            (long picture, long token) = Math.DivRem(row, job->Tokens);
            float* source = token == 0 ? job->Cls : job->Patch(picture, token);
            Lanes.Add(job->X + (row * job->Width), source, job->Positions + (token * job->Width), job->Width);
        }
    }

    // One position in all pictures, in their order.
    private static void VisionEmbeddingBackwardToken(void* context, long token)
    {
        VisionEmbeddingJob* job = (VisionEmbeddingJob*)context;
        long width = job->Width;
        float* position = job->Positions + (token * width);
        Sum(position, job, token);
        if (token == 0)
        {
            Sum(job->Cls, job, token);
            return;
        }

        for (long picture = 0; picture < job->Pictures; picture++)
        {
            Lanes.Copy(job->Patch(picture, token), job->X + (((picture * job->Tokens) + token) * width), width);
        }

        static void Sum(float* target, VisionEmbeddingJob* job, long token)
        {
            if (!job->Accumulate)
            {
                new Span<float>(target, (int)job->Width).Clear();
            }

            for (long picture = 0; picture < job->Pictures; picture++)
            {
                Lanes.Add(target, target, job->X + (((picture * job->Tokens) + token) * job->Width), job->Width);
            }
        }
    }

    private struct VisionEmbeddingJob
    {
        public Chunks Rows;
        public long Pictures;
        public long Tokens;
        public long Width;
        public float* X;
        public float* Patches;
        public float* Cls;
        public float* Positions;
        public bool Accumulate;

        /// <summary>The patch row of a token that is not the class token.</summary>
        public readonly float* Patch(long picture, long token) => Patches + (((picture * (Tokens - 1)) + token - 1) * Width);
    }
}
