using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Pictures as rows of patches.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void PatchesForward(Tensor columns, Tensor pixels, int patchSize)
    {
        long edge = pixels.Shape[3];
        PatchesJob job = new()
        {
            Edge = edge,
            Grid = edge / patchSize,
            Patch = patchSize,
            Width = columns.Width,
            Columns = columns.Floats,
            Pixels = pixels.Floats,
        };
        Workers.Run(pixels.Rows * job.Grid, &job, &PatchesGridRow);
    }

    private static void PatchesGridRow(void* context, long gridRow)
    {
        PatchesJob* job = (PatchesJob*)context;
        long patch = job->Patch;
        (long picture, long y) = Math.DivRem(gridRow, job->Grid);
        float* target = job->Columns + (gridRow * job->Grid * job->Width);
        for (long x = 0; x < job->Grid; x++)
        {
            float* end = target + job->Width;
            for (long channel = 0; channel < 3; channel++)
            {
                float* source = job->Pixels + (((((picture * 3) + channel) * job->Edge) + (y * patch)) * job->Edge) + (x * patch);
                for (long line = 0; line < patch; line++)
                {
                    Lanes.Copy(target, source + (line * job->Edge), patch);
                    target += patch;
                }
            }

            new Span<float>(target, (int)(end - target)).Clear();
            target = end;
        }
    }

    private struct PatchesJob
    {
        public long Edge;
        public long Grid;
        public long Patch;
        public long Width;
        public float* Columns;
        public float* Pixels;
    }
}
