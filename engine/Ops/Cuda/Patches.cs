using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Patches.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void PatchesForward(Tensor columns, Tensor pixels, int patchSize) => throw new NotSupportedException();
}
