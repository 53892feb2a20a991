using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu.Cases;

/// <summary>Norms of both models, with and without the residual sum before them.</summary>
internal static class NormCases
{
    private const float Epsilon = 1e-5f;

    internal static IEnumerable<KernelCase> Rms(GpuNoise noise, KernelSizes s)
    {
        using GpuTensors t = new(noise);
        Device device = noise.Device;
        Tensor x = t.Noise(s.Rows, s.Width), delta = t.Noise(s.Rows, s.Width), y = t.Empty(s.Rows, s.Width), sum = t.Noise(s.Rows, s.Width);
        Tensor rstd = t.Noise(DType.F32, s.Rows), w = t.Noise(s.Width), dw = t.Empty(DType.F32, s.Width);
        string size = $"{s.Rows}x{s.Width}";
        yield return KernelCase.Bytes($"RmsNorm.Forward {size}", 4.0 * x.Bytes, () => RmsNorm.Forward(device, y, rstd, sum, x, delta, w, Epsilon));
        yield return KernelCase.Bytes($"RmsNorm.Forward {size} without residual", 2.0 * x.Bytes, () => RmsNorm.Forward(device, y, rstd, default, x, default, w, Epsilon));
        yield return KernelCase.Bytes($"RmsNorm.Backward {size}", 4.0 * x.Bytes, () => RmsNorm.Backward(device, sum, dw, default, y, x, rstd, w, accumulate: false));
    }

    internal static IEnumerable<KernelCase> Layer(GpuNoise noise, KernelSizes s)
    {
        using GpuTensors t = new(noise);
        Device device = noise.Device;
        Tensor x = t.Noise(s.VisionRows, s.VisionWidth), delta = t.Noise(s.VisionRows, s.VisionWidth), y = t.Empty(s.VisionRows, s.VisionWidth), sum = t.Noise(s.VisionRows, s.VisionWidth);
        Tensor mean = t.Noise(DType.F32, s.VisionRows), rstd = t.Noise(DType.F32, s.VisionRows), w = t.Noise(s.VisionWidth), b = t.Noise(s.VisionWidth);
        Tensor dw = t.Empty(DType.F32, s.VisionWidth), db = t.Empty(DType.F32, s.VisionWidth);
        string size = $"{s.VisionRows}x{s.VisionWidth}";
        yield return KernelCase.Bytes($"LayerNorm.Forward {size}", 4.0 * x.Bytes, () => LayerNorm.Forward(device, y, mean, rstd, sum, x, delta, w, b, Epsilon));
        yield return KernelCase.Bytes($"LayerNorm.Forward {size} without residual", 2.0 * x.Bytes, () => LayerNorm.Forward(device, y, mean, rstd, default, x, default, w, b, Epsilon));
        yield return KernelCase.Bytes($"LayerNorm.Backward {size}", 4.0 * x.Bytes, () => LayerNorm.Backward(device, sum, dw, db, default, y, x, mean, rstd, w, b, accumulate: false));
    }
}
