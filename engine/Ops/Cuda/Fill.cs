using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Fill.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void FillForward(Tensor x, float value) => throw new NotSupportedException();
}
