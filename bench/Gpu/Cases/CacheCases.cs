using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu.Cases;

/// <summary>Attention over a cache: one new row, as decoding has it, and a further prompt behind what was read before. Layers take turns, so that the cache comes from memory.</summary>
internal static class CacheCases
{
    internal static IEnumerable<KernelCase> All(GpuNoise noise, KernelSizes s)
    {
        AttentionShape shape = new(s.Heads, s.Heads, s.HeadSize, Causal: true);
        return Decoding(noise, s, string.Empty, shape).Concat(Decoding(noise, s, " gqa", shape with { KvHeads = s.FewKvHeads })).Concat(Prompt(noise, s, shape));
    }

    private static IEnumerable<KernelCase> Decoding(GpuNoise noise, KernelSizes s, string kind, AttentionShape shape)
    {
        Device device = noise.Device;
        using GpuTensors t = new(noise);
        Tensor qkv = t.Noise(1, shape.QkvSize), o = t.Empty(1, shape.OutputSize), starts = t.Ints(0, 1);
        Layers layers = new(t, s, shape);
        foreach (int rows in s.Cached)
        {
            Tensor past = t.Ints(rows - 1);
            Rotary rotary = Angles(t, s, past);
            double bytes = 2.0 * shape.KvHeads * shape.HeadSize * rows * DType.BF16.Size();
            string size = string.Create(CultureInfo.InvariantCulture, $"1 of {rows}{kind}");
            KernelCase decoding = KernelCase.Bytes($"CachedAttention.AppendForward {size}", bytes, () =>
            {
                (Tensor keys, Tensor values) = layers.Next();
                CachedAttention.AppendForward(device, o, keys, values, qkv, rotary, starts, past, maxLength: 1, shape);
            });
            yield return decoding with { Streams = true };
        }
    }

    private static IEnumerable<KernelCase> Prompt(GpuNoise noise, KernelSizes s, AttentionShape shape)
    {
        Device device = noise.Device;
        using GpuTensors t = new(noise);
        int rows = s.PromptRows, before = s.Positions - rows;
        Tensor qkv = t.Noise(rows, shape.QkvSize), o = t.Empty(rows, shape.OutputSize), starts = t.Ints(0, rows), past = t.Ints(before);
        Rotary rotary = Angles(t, s, t.Ints(rows, i => before + i));
        Layers layers = new(t, s, shape);
        string size = string.Create(CultureInfo.InvariantCulture, $"{rows} of {s.Positions}");

        // Rows are read and written: queries in their place, values in the cache, keys in both.
        double appended = (2.0 * qkv.Bytes) + ((double)rows * shape.KvHeads * shape.HeadSize * DType.BF16.Size());
        yield return KernelCase.Bytes($"CachedAttention.Append {size}", appended, () =>
        {
            (Tensor keys, Tensor values) = layers.Next();
            CachedAttention.Append(device, keys, values, qkv, rotary, starts, past, shape);
        });
        double pairs = rows * (before + (0.5 * (rows + 1)));
        yield return KernelCase.Operations($"CachedAttention.Forward {size}", 4.0 * shape.Heads * shape.HeadSize * pairs, () =>
        {
            (Tensor keys, Tensor values) = layers.Next();
            CachedAttention.Forward(device, o, qkv, keys, values, starts, past, rows, shape);
        });
    }

    private static Rotary Angles(GpuTensors t, KernelSizes s, Tensor positions) =>
        new(t.Noise(DType.F32, s.Positions, s.HeadSize / 2), t.Noise(DType.F32, s.Positions, s.HeadSize / 2), positions);

    private sealed class Layers(GpuTensors t, KernelSizes s, AttentionShape shape)
    {
        private readonly (Tensor Keys, Tensor Values)[] _caches =
        [
            .. Enumerable.Range(0, (int)(s.StreamedBytes / (4L * shape.KvHeads * s.Cached[0] * shape.HeadSize)) + 1)
                .Select(_ => (t.Noise(1, shape.KvHeads, s.Positions, shape.HeadSize), t.Noise(1, shape.KvHeads, s.Positions, shape.HeadSize))),
        ];

        private int _next;

        internal (Tensor Keys, Tensor Values) Next() => _caches[_next++ % _caches.Length];
    }
}
