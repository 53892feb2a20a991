using LlavaCuda.Native;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Copies on the device.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void MoveForward(Tensor destination, Tensor source)
    {
        using CudaCall call = BeginCall();
        CudaException.ThrowIfFailed(CudaDriver.MemcpyDtoDAsync(destination.Address, source.Address, (nuint)source.Bytes, Stream));
    }
}
