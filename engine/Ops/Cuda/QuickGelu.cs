using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>CLIP's quick GELU.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void QuickGeluForward(Tensor y, Tensor x) => throw new NotSupportedException();

    internal override void QuickGeluBackward(Tensor dx, Tensor dy, Tensor x) => throw new NotSupportedException();
}
