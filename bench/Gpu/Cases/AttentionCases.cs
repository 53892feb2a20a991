using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu.Cases;

/// <summary>
/// Attention of packed sequences. Causal attention counts the pairs that it may see; the backward pass counts five products, whatever a kernel computes, and rotates back where the
/// language model's does.
/// </summary>
internal static class AttentionCases
{
    internal static IEnumerable<KernelCase> All(GpuNoise noise, KernelSizes s)
    {
        AttentionShape language = new(s.Heads, s.Heads, s.HeadSize, Causal: true);
        return Of(noise, s, "causal", s.Sequences, s.Length, language)
            .Concat(Of(noise, s, "full", s.Sequences, s.Length, language with { Causal = false }))
            .Concat(Of(noise, s, "causal", 1, s.LongLength, language))
            .Concat(Of(noise, s, "causal gqa", s.Sequences, s.Length, language with { KvHeads = s.FewKvHeads }))
            .Concat(Of(noise, s, "full", s.Pictures, s.Patches + 1, new AttentionShape(s.VisionHeads, s.VisionHeads, s.VisionWidth / s.VisionHeads, Causal: false)));
    }

    private static IEnumerable<KernelCase> Of(GpuNoise noise, KernelSizes s, string kind, int sequences, int length, AttentionShape shape)
    {
        using GpuTensors t = new(noise);
        Device device = noise.Device;
        int rows = sequences * length;
        Tensor qkv = t.Noise(rows, shape.QkvSize), o = t.Empty(rows, shape.OutputSize), dO = t.Noise(rows, shape.OutputSize), dqkv = t.Empty(rows, shape.QkvSize);
        Tensor lse = t.Empty(DType.F32, shape.Heads, rows), starts = t.Ints(sequences + 1, i => i * length);
        Rotary rotary = shape.Causal
            ? new(t.Noise(DType.F32, length, shape.HeadSize / 2), t.Noise(DType.F32, length, shape.HeadSize / 2), t.Ints(rows, i => i % length))
            : default;
        double pairs = shape.Causal ? 0.5 * length * (length + 1) : (double)length * length;
        double product = 2.0 * sequences * shape.Heads * shape.HeadSize * pairs;
        string name = $"{kind} {sequences}x{length} d{shape.HeadSize}";
        yield return KernelCase.Operations($"Attention.Forward {name}", 2 * product, () => Attention.Forward(device, o, lse, qkv, starts, length, shape));
        yield return KernelCase.Operations($"Attention.Backward {name}", 5 * product, () => Attention.Backward(device, dqkv, dO, o, lse, qkv, starts, length, shape, rotary));
    }
}
