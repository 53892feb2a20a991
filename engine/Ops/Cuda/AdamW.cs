using LlavaCuda.Ops;
using LlavaCuda.Ops.Cuda;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>AdamW.</content>
public sealed unsafe partial class CudaDevice
{
    // A launch a segment: neighbours of one decay and rate are one segment, so that even the largest model has few hundreds of them, in a step of many milliseconds.
    internal override void AdamWUpdate(
        Tensor values, Tensor remainders, Tensor first, Tensor second, Tensor gradients, Tensor norm, ReadOnlySpan<AdamWSegment> segments, AdamWStep step)
    {
        const int Vector = AdamWKernels.Vector;
        AdamWFactors factors = new(step);
        bool aligned = Elementwise.Vector(Vector, values, remainders, first, second, gradients) > 1;
        foreach (AdamWSegment segment in segments)
        {
            long bulk = aligned && segment.Start % Vector == 0 ? segment.Count / Vector * Vector : 0;
            UpdateRange(segment, segment.Start, bulk, Vector);
            UpdateRange(segment, segment.Start + bulk, segment.Count - bulk, 1);
        }

        void UpdateRange(AdamWSegment segment, long start, long count, int vector) => Launch(
            AdamWKernels.Update, new KernelVariant(values.Type, vector), LaunchGrid.Cover(count, (long)AdamWKernels.Threads * vector), AdamWKernels.Threads, 0,
            At(values, start), At(remainders, start), At(first, start), At(second, start), At(gradients, start), norm, count, factors.FirstRate, factors.SecondDecay,
            factors.SecondRate, factors.RootCorrection, factors.Epsilon, AdamWFactors.Decay(segment), factors.StepSize(segment));
    }

    private static nint At(Tensor tensor, long element) => tensor.Exists ? tensor.Address + (nint)(element * tensor.Type.Size()) : 0;
}
