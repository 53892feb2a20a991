using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Conversion of storage types.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void CastForward(Tensor y, Tensor x)
    {
        // The wider side decides: 16 bytes there.
        int vector = x.Type == DType.F32 ? Elementwise.Vector(x.Count, x, y) : Elementwise.Vector(x.Count, y, x);
        LaunchElementwise(CastKernels.Forward, new KernelVariant(y.Type, x.Type, vector), vector, x.Count, y, x, x.Count);
    }
}
