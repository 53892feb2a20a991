using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>GatherRows.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void GatherRowsForward(Tensor y, Tensor x, Tensor index) => throw new NotSupportedException();

    internal override void GatherRowsBackward(Tensor dx, Tensor dy, Tensor index) => throw new NotSupportedException();
}
