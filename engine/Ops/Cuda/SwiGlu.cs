using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>The gated activation.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void SwiGluForward(Tensor h, Tensor gateUp)
    {
        int vector = Elementwise.Vector(h.Width, h, gateUp);
        LaunchRowSlices(SwiGluKernels.Forward, new KernelVariant(h.Type, vector), vector, RowSlices.Loads, h.Rows, h.Width, h, gateUp, h.Width);
    }

    internal override void SwiGluBackward(Tensor gateUp, Tensor h, Tensor dh)
    {
        int vector = Elementwise.Vector(dh.Width, dh, gateUp, h);
        LaunchRowSlices(SwiGluKernels.Backward, new KernelVariant(dh.Type, vector), vector, RowSlices.Loads, dh.Rows, dh.Width, gateUp, h, dh, dh.Width);
    }
}
