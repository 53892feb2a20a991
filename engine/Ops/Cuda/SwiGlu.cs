using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>SwiGlu.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void SwiGluForward(Tensor h, Tensor gateUp) => throw new NotSupportedException();

    internal override void SwiGluBackward(Tensor gateUp, Tensor h, Tensor dh) => throw new NotSupportedException();
}
