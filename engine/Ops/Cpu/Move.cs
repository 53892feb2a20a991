using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Copies within the device.</content>
public sealed unsafe partial class CpuDevice
{
    internal override void MoveForward(Tensor destination, Tensor source) =>
        Buffer.MemoryCopy((void*)source.Address, (void*)destination.Address, destination.Bytes, source.Bytes);
}
