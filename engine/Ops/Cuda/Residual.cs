using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Addition into the residual stream.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void ResidualAdd(Tensor x, Tensor delta) => throw new NotSupportedException();
}
