using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>AdamW.</content>
public sealed unsafe partial class CudaDevice
{
    internal override void AdamWUpdate(Tensor values, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step) => throw new NotSupportedException();
}
