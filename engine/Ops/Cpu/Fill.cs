using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Fill.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void FillForward(Tensor x, float value)
    {
        const long Chunk = 1 << 20;
        for (long at = 0; at < x.Count; at += Chunk)
        {
            new Span<float>(x.Floats + at, (int)Math.Min(Chunk, x.Count - at)).Fill(value);
        }
    }
}
