using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu;

/// <summary>
/// The ops that are bound by memory, at the sizes of LLaVA-1.5-7B with 8192 packed rows (CLIP: 16 pictures of 577 rows). The bytes are those that the op cannot avoid, as the
/// kernels' headers count them.
/// </summary>
internal static class KernelCases
{
    internal const int Rows = 8192;
    internal const int Width = 4096;
    internal const int Inner = 11008;
    internal const int Vocabulary = 32064;
    private const int VisionRows = 16 * 577;
    private const int VisionWidth = 1024;
    private const float Epsilon = 1e-5f;
    private static readonly DType Type = DType.BF16;

    /// <summary>Makes the cases one after the other, so that only one's tensors are in memory.</summary>
    internal static IEnumerable<KernelCase> All(CudaDevice device)
    {
        foreach (Func<CudaDevice, GpuTensors, IEnumerable<KernelCase>> group in (Func<CudaDevice, GpuTensors, IEnumerable<KernelCase>>[])[Norms, Activations, Rows8192, Gathers, Losses, Optimizer])
        {
            using GpuTensors tensors = new(device);
            foreach (KernelCase one in group(device, tensors))
            {
                yield return one;
            }
        }
    }

    private static IEnumerable<KernelCase> Norms(CudaDevice device, GpuTensors t)
    {
        Tensor x = t.Noise(Type, Rows, Width), delta = t.Noise(Type, Rows, Width), y = t.Empty(Type, Rows, Width), sum = t.Empty(Type, Rows, Width);
        Tensor rstd = t.Noise(DType.F32, Rows), w = t.Noise(Type, Width), dw = t.Empty(DType.F32, Width);
        double element = (double)Rows * Width * sizeof(ushort);
        yield return Bytes("rmsnorm forward 8192x4096", 4 * element, () => RmsNorm.Forward(device, y, rstd, sum, x, delta, w, Epsilon));
        yield return Bytes("rmsnorm backward 8192x4096", 4 * element, () => RmsNorm.Backward(device, sum, dw, default, y, x, rstd, w, accumulate: false));
        Tensor v = t.Noise(Type, VisionRows, VisionWidth), vy = t.Empty(Type, VisionRows, VisionWidth), vdelta = t.Noise(Type, VisionRows, VisionWidth), vsum = t.Empty(Type, VisionRows, VisionWidth);
        Tensor mean = t.Noise(DType.F32, VisionRows), vrstd = t.Noise(DType.F32, VisionRows), vw = t.Noise(Type, VisionWidth), vb = t.Noise(Type, VisionWidth);
        Tensor vdw = t.Empty(DType.F32, VisionWidth), vdb = t.Empty(DType.F32, VisionWidth);
        double vision = (double)VisionRows * VisionWidth * sizeof(ushort);
        yield return Bytes("layernorm forward 9232x1024", 4 * vision, () => LayerNorm.Forward(device, vy, mean, vrstd, vsum, v, vdelta, vw, vb, Epsilon));
        yield return Bytes("layernorm backward 9232x1024", 4 * vision, () => LayerNorm.Backward(device, vsum, vdw, vdb, default, vy, v, mean, vrstd, vw, vb, accumulate: false));
    }

    private static IEnumerable<KernelCase> Activations(CudaDevice device, GpuTensors t)
    {
        Tensor gateUp = t.Noise(Type, Rows, 2 * Inner), h = t.Noise(Type, Rows, Inner), dh = t.Noise(Type, Rows, Inner);
        double element = (double)Rows * Inner * sizeof(ushort);
        yield return Bytes("swiglu forward 8192x11008", 3 * element, () => SwiGlu.Forward(device, h, gateUp));
        yield return Bytes("swiglu backward 8192x11008", 6 * element, () => SwiGlu.Backward(device, gateUp, h, dh));
        yield return Bytes("gelu forward 8192x11008", 2 * element, () => Gelu.Forward(device, h, dh));
        yield return Bytes("gelu backward 8192x11008", 3 * element, () => Gelu.Backward(device, h, dh, dh));
        yield return Bytes("quick_gelu forward 8192x11008", 2 * element, () => QuickGelu.Forward(device, h, dh));
        yield return Bytes("residual add 8192x11008", 3 * element, () => Residual.Add(device, h, dh));
        yield return Bytes("fill 8192x11008", element, () => Fill.Forward(device, h, 1));
    }

    private static IEnumerable<KernelCase> Rows8192(CudaDevice device, GpuTensors t)
    {
        AttentionShape shape = new(32, 32, 128, Causal: true);
        Tensor qkv = t.Noise(Type, Rows, shape.QkvSize), cos = t.Noise(DType.F32, 4096, 64), sin = t.Noise(DType.F32, 4096, 64);
        Rotary rotary = new(cos, sin, t.Ints([.. Enumerable.Range(0, Rows).Select(static i => i % 2048)]));
        yield return Bytes("rope forward 8192x(32+32)x128", 4.0 * Rows * 2 * Width, () => Rope.Forward(device, qkv, rotary, shape));
        Tensor dy = t.Noise(Type, Rows, Width), db = t.Empty(DType.F32, Width);
        yield return Bytes("column_sum 8192x4096", 2.0 * Rows * Width, () => ColumnSum.Backward(device, db, dy, accumulate: false));
    }

    private static IEnumerable<KernelCase> Gathers(CudaDevice device, GpuTensors t)
    {
        Tensor table = t.Noise(Type, Vocabulary, Width), images = t.Noise(Type, Rows / 2, Width), x = t.Empty(Type, Rows, Width);
        int[] source = [.. Enumerable.Range(0, Rows).Select(static i => i % 2 == 0 ? i * 7919 % Vocabulary : -1 - (i / 2))];
        Tensor ids = t.Ints(source);
        double element = (double)Rows * Width * sizeof(ushort);
        yield return Bytes("embedding forward 8192x4096", 2 * element, () => Embedding.Forward(device, x, table, images, ids));
        Tensor index = t.Ints([.. Enumerable.Range(0, Rows / 2).Select(static i => 2 * i)]);
        yield return Bytes("gather_rows forward 4096x4096", element, () => GatherRows.Forward(device, images, x, index));
    }

    private static IEnumerable<KernelCase> Losses(CudaDevice device, GpuTensors t)
    {
        Tensor logits = t.Noise(Type, Rows / 2, Vocabulary), losses = t.Empty(DType.F32, Rows / 2);
        Tensor labels = t.Ints([.. Enumerable.Range(0, Rows / 2).Select(static i => i * 31 % Vocabulary)]);
        yield return Bytes("cross_entropy forward+backward 4096x32064", 2.0 * logits.Bytes, () => CrossEntropy.ForwardBackward(device, losses, logits, labels, 1e-4f));
    }

    private static IEnumerable<KernelCase> Optimizer(CudaDevice device, GpuTensors t)
    {
        const long Count = 1L << 28;
        Tensor values = t.Noise(Type, Count), remainders = t.Empty(DType.I16, Count), first = t.Empty(DType.F32, Count), second = t.Empty(DType.F32, Count), gradients = t.Noise(DType.F32, Count);
        Tensor norm = t.Empty(DType.F32, 2);
        AdamWSegment[] segments = [new(0, Count, 1e-5f, 0)];
        AdamWStep step = new(0.9f, 0.999f, 1e-8f, 10);
        yield return Bytes("gradient_norm 2^28", gradients.Bytes, () => GradientNorm.Forward(device, norm, gradients, 1));
        yield return Bytes("adamw 2^28", 28.0 * Count, () => AdamW.Update(device, values, remainders, first, second, gradients, norm, segments, step));
    }

    private static KernelCase Bytes(string name, double bytes, Action run) => new(name, bytes, IsCompute: false, run);
}
