using System.Numerics;
using LlavaCuda.Ops.Cpu;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>The gated activation.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void SwiGluForward(Tensor h, Tensor gateUp)
    {
        SwiGluJob job = new() { Elements = Chunks.OfElements(h.Count), Width = h.Width, H = h.Floats, GateUp = gateUp.Floats };
        Workers.Run(job.Elements.Count, &job, &SwiGluForwardElements);
    }

    internal override void SwiGluBackward(Tensor gateUp, Tensor h, Tensor dh)
    {
        SwiGluJob job = new() { Elements = Chunks.OfElements(dh.Count), Width = dh.Width, H = h.Floats, Dh = dh.Floats, GateUp = gateUp.Floats };
        Workers.Run(job.Elements.Count, &job, &SwiGluBackwardElements);
    }

    // A chunk is a run of elements of h, cut at the ends of rows: so that the single row of a generated token has work for several threads too.
    private static void SwiGluForwardElements(void* context, long chunk)
    {
        SwiGluJob* job = (SwiGluJob*)context;
        long end = job->Elements.End(chunk);
        for (long at = job->Elements.Start(chunk), count; at < end; at += count)
        {
            float* gate = job->Gate(at, end, out count);
            float* up = gate + job->Width;
            for (long i = 0; i < count; i += Vector<float>.Count)
            {
                Vector<float> g = Lanes.LoadNative(gate + i, count - i);
                Lanes.StoreNative(job->H + at + i, count - i, g * Sigmoid.Of(g) * Lanes.LoadNative(up + i, count - i));
            }
        }
    }

    private static void SwiGluBackwardElements(void* context, long chunk)
    {
        SwiGluJob* job = (SwiGluJob*)context;
        long end = job->Elements.End(chunk);
        for (long at = job->Elements.Start(chunk), count; at < end; at += count)
        {
            float* gate = job->Gate(at, end, out count);
            float* up = gate + job->Width;
            for (long i = 0; i < count; i += Vector<float>.Count)
            {
                Vector<float> g = Lanes.LoadNative(gate + i, count - i);
                Vector<float> u = Lanes.LoadNative(up + i, count - i);
                Vector<float> dh = Lanes.LoadNative(job->Dh + at + i, count - i);
                Vector<float> sigmoid = Sigmoid.Of(g);
                Vector<float> silu = g * sigmoid;
                Lanes.StoreNative(gate + i, count - i, dh * u * sigmoid * (Vector<float>.One + (g - silu)));
                Lanes.StoreNative(up + i, count - i, dh * silu);
                if (job->H is not null)
                {
                    Lanes.StoreNative(job->H + at + i, count - i, silu * u);
                }
            }
        }
    }

    private struct SwiGluJob
    {
        public Chunks Elements;
        public long Width;
        public float* H;
        public float* Dh;
        public float* GateUp;

        /// <summary>The gate of an element of h, and how many follow it in its row before the end.</summary>
        public readonly float* Gate(long element, long end, out long count)
        {
            (long row, long column) = Math.DivRem(element, Width);
            count = Math.Min(end - element, Width - column);
            return GateUp + (row * 2 * Width) + column;
        }
    }
}
