using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu.Cases;

/// <summary>Clipping and AdamW with exact master weights, over flat memory.</summary>
internal static class OptimizerCases
{
    internal static IEnumerable<KernelCase> All(GpuNoise noise, KernelSizes s)
    {
        using GpuTensors t = new(noise);
        Device device = noise.Device;
        Tensor values = t.Noise(s.Parameters), remainders = t.Empty(DType.I16, s.Parameters), gradients = t.Noise(DType.F32, s.Parameters), norm = t.Empty(DType.F32, 2);
        Tensor first = t.Empty(DType.F32, s.Parameters), second = t.Empty(DType.F32, s.Parameters);
        Fill.Forward(device, first, 0);
        Fill.Forward(device, second, 0);
        AdamWSegment[] segments = [new(0, s.Parameters, 1e-5f, 0)];
        AdamWStep step = new(0.9f, 0.999f, 1e-8f, 10);
        yield return KernelCase.Bytes($"GradientNorm.Forward {s.Parameters}", gradients.Bytes, () => GradientNorm.Forward(device, norm, gradients, 1));
        yield return KernelCase.Bytes($"AdamW.Update {s.Parameters}", 28.0 * s.Parameters, () => AdamW.Update(device, values, remainders, first, second, gradients, norm, segments, step));
    }
}
