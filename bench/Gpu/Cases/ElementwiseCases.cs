using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu.Cases;

/// <summary>Activations, additions, copies and casts: element i from elements i alone.</summary>
internal static class ElementwiseCases
{
    internal static IEnumerable<KernelCase> Activations(GpuNoise noise, KernelSizes s)
    {
        using GpuTensors t = new(noise);
        Device device = noise.Device;
        Tensor gateUp = t.Noise(s.Rows, 2 * s.Inner), h = t.Noise(s.Rows, s.Inner), dh = t.Noise(s.Rows, s.Inner), dx = t.Empty(s.Rows, s.Inner);
        string size = $"{s.Rows}x{s.Inner}";
        yield return KernelCase.Bytes($"SwiGlu.Forward {size}", 3.0 * h.Bytes, () => SwiGlu.Forward(device, h, gateUp));
        yield return KernelCase.Bytes($"SwiGlu.Backward {size}", 6.0 * h.Bytes, () => SwiGlu.Backward(device, gateUp, h, dh));
        yield return KernelCase.Bytes($"Gelu.Forward {size}", 2.0 * h.Bytes, () => Gelu.Forward(device, h, dh));
        yield return KernelCase.Bytes($"Gelu.Backward {size}", 3.0 * h.Bytes, () => Gelu.Backward(device, dx, h, dh));
        yield return KernelCase.Bytes($"QuickGelu.Forward {size}", 2.0 * h.Bytes, () => QuickGelu.Forward(device, h, dh));
        yield return KernelCase.Bytes($"QuickGelu.Backward {size}", 3.0 * h.Bytes, () => QuickGelu.Backward(device, dx, h, dh));
    }

    internal static IEnumerable<KernelCase> Copies(GpuNoise noise, KernelSizes s)
    {
        using GpuTensors t = new(noise);
        Device device = noise.Device;
        Tensor x = t.Noise(s.Rows, s.Inner), y = t.Noise(s.Rows, s.Inner), wide = t.Noise(DType.F32, s.Rows, s.Inner);
        string size = $"{s.Rows}x{s.Inner}";
        yield return KernelCase.Bytes($"Residual.Add {size}", 3.0 * x.Bytes, () => Residual.Add(device, y, x));
        yield return KernelCase.Bytes($"Move.Forward {size}", 2.0 * x.Bytes, () => Move.Forward(device, y, x));
        yield return KernelCase.Bytes($"Cast.Forward {size} to bf16", x.Bytes + wide.Bytes, () => Cast.Forward(device, y, wide));
        yield return KernelCase.Bytes($"Cast.Forward {size} to fp32", x.Bytes + wide.Bytes, () => Cast.Forward(device, wide, x));
        yield return KernelCase.Bytes($"Fill.Forward {size}", x.Bytes, () => Fill.Forward(device, y, 1));
    }
}
