using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>ColumnSum.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void ColumnSumBackward(Tensor db, Tensor dy, bool accumulate) => throw new NotSupportedException();
}
