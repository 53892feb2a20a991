using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu;

/// <summary>
/// Matrix products and attention at the sizes of LLaVA-1.5-7B. Operations are two a multiply-add; causal attention counts the pairs that it may see; its backward pass counts five
/// products, whatever a kernel computes. Products of up to eight rows read the weights once and are measured in bytes.
/// </summary>
internal static class ProductCases
{
    private static readonly DType Type = DType.BF16;

    /// <summary>Makes the cases one after the other, so that only one's tensors are in memory.</summary>
    /// <remarks>Concatenated, not collected: a case runs before the next is asked for, while its tensors are there.</remarks>
    internal static IEnumerable<KernelCase> All(CudaDevice device) =>
        Products(device, "qkv", KernelCases.Width, 3 * KernelCases.Width)
            .Concat(Products(device, "gate_up", KernelCases.Width, 2 * KernelCases.Inner))
            .Concat(Products(device, "down", KernelCases.Inner, KernelCases.Width))
            .Concat(Vectors(device))
            .Concat(Attentions(device, "causal 4x2048 d128", 4, 2048, new AttentionShape(32, 32, 128, Causal: true)))
            .Concat(Attentions(device, "full 4x2048 d128", 4, 2048, new AttentionShape(32, 32, 128, Causal: false)))
            .Concat(Attentions(device, "causal 1x8192 d128", 1, 8192, new AttentionShape(32, 32, 128, Causal: true)))
            .Concat(Attentions(device, "full 16x577 d64", 16, 577, new AttentionShape(16, 16, 64, Causal: false)))
            .Concat(Decoding(device))
            .Concat(Choices(device));

    /// <summary>The yardstick: a square product of 8192.</summary>
    internal static KernelCase Square(CudaDevice device, GpuTensors tensors)
    {
        const int Edge = 8192;
        Tensor x = tensors.Noise(Type, Edge, Edge), w = tensors.Noise(Type, Edge, Edge), y = tensors.Empty(Type, Edge, Edge);
        return new KernelCase("linear 8192x8192x8192", 2.0 * Edge * Edge * Edge, IsCompute: true, () => Linear.Forward(device, y, x, w));
    }

    private static IEnumerable<KernelCase> Products(CudaDevice device, string name, int inputs, int outputs)
    {
        using GpuTensors t = new(device);
        Tensor x = t.Noise(Type, KernelCases.Rows, inputs), w = t.Noise(Type, outputs, inputs), y = t.Noise(Type, KernelCases.Rows, outputs), dw = t.Empty(DType.F32, outputs, inputs);
        double work = 2.0 * KernelCases.Rows * inputs * outputs;
        yield return new KernelCase($"linear {name} forward 8192", work, IsCompute: true, () => Linear.Forward(device, y, x, w));
        yield return new KernelCase($"linear {name} backward input 8192", work, IsCompute: true, () => Linear.BackwardInput(device, x, y, w));
        yield return new KernelCase($"linear {name} backward weight 8192", work, IsCompute: true, () => Linear.BackwardWeight(device, dw, y, x, accumulate: true));
    }

    // Many copies of the weights, so that they come from memory and not from the cache.
    private static IEnumerable<KernelCase> Vectors(CudaDevice device)
    {
        foreach ((string name, int inputs, int outputs) in ((string, int, int)[])[("qkv", KernelCases.Width, 3 * KernelCases.Width), ("o", KernelCases.Width, KernelCases.Width), ("gate_up", KernelCases.Width, 2 * KernelCases.Inner), ("down", KernelCases.Inner, KernelCases.Width)])
        {
            foreach (int rows in (int[])[1, 8])
            {
                using GpuTensors t = new(device);
                long bytes = (long)inputs * outputs * Type.Size();
                Tensor[] weights = [.. Enumerable.Range(0, (int)(512_000_000 / bytes) + 1).Select(_ => t.Noise(Type, outputs, inputs))];
                Tensor x = t.Noise(Type, rows, inputs), y = t.Empty(Type, rows, outputs);
                int next = 0;
                yield return new KernelCase($"gemv {name} {rows}", bytes, IsCompute: false, () => Linear.Forward(device, y, x, weights[next++ % weights.Length]));
            }
        }
    }

    private static IEnumerable<KernelCase> Attentions(CudaDevice device, string name, int sequences, int length, AttentionShape shape)
    {
        using GpuTensors t = new(device);
        int rows = sequences * length;
        Tensor qkv = t.Noise(Type, rows, shape.QkvSize), o = t.Empty(Type, rows, shape.OutputSize), dO = t.Noise(Type, rows, shape.OutputSize), dqkv = t.Empty(Type, rows, shape.QkvSize);
        Tensor lse = t.Empty(DType.F32, shape.Heads, rows), starts = t.Ints([.. Enumerable.Range(0, sequences + 1).Select(i => i * length)]);
        double pairs = shape.Causal ? 0.5 * length * (length + 1) : (double)length * length;
        double product = 2.0 * sequences * shape.Heads * shape.HeadSize * pairs;
        yield return new KernelCase($"attention forward {name}", 2 * product, IsCompute: true, () => Attention.Forward(device, o, lse, qkv, starts, length, shape));
        yield return new KernelCase($"attention backward {name}", 5 * product, IsCompute: true, () => Attention.Backward(device, dqkv, dO, o, lse, qkv, starts, length, shape, default));
    }

    private static IEnumerable<KernelCase> Decoding(CudaDevice device)
    {
        AttentionShape shape = new(32, 32, 128, Causal: true);
        foreach (int past in (int[])[1023, 4095])
        {
            using GpuTensors t = new(device);
            Tensor qkv = t.Noise(Type, 1, shape.QkvSize), o = t.Empty(Type, 1, shape.OutputSize), starts = t.Ints(0, 1), before = t.Ints(past);
            Rotary rotary = new(t.Noise(DType.F32, 4096, shape.HeadSize / 2), t.Noise(DType.F32, 4096, shape.HeadSize / 2), before);
            (Tensor Keys, Tensor Values)[] layers = [.. Enumerable.Range(0, 16).Select(_ => (t.Noise(Type, 1, shape.KvHeads, 4096, shape.HeadSize), t.Noise(Type, 1, shape.KvHeads, 4096, shape.HeadSize)))];
            int next = 0;
            double bytes = 2.0 * shape.KvHeads * shape.HeadSize * (past + 1) * Type.Size();
            yield return new KernelCase($"cached_attention decode {past + 1}", bytes, IsCompute: false, () =>
            {
                (Tensor keys, Tensor values) = layers[next++ % layers.Length];
                CachedAttention.AppendForward(device, o, keys, values, qkv, rotary, starts, before, maxLength: 1, shape);
            });
        }
    }

    private static IEnumerable<KernelCase> Choices(CudaDevice device)
    {
        const int Vocabulary = 32000;
        using GpuTensors t = new(device);
        Tensor ids = t.Empty(DType.I32, 1), logits = t.Noise(Type, 1, Vocabulary), draws = t.Empty(DType.F64, 1, TokenDraw.Width);

        // The noise is a fiftieth of what logits spread.
        foreach ((string name, TokenDraw draw) in ((string, TokenDraw)[])[("greedy", new(0.5, 0, 0, 1)), ("temperature", new(0.5, 0.01, 0, 1)), ("top-k and top-p", new(0.5, 0.01, 50, 0.9))])
        {
            device.CopyFromHost<TokenDraw>(draws, [draw]);
            yield return new KernelCase($"sampling {name}", (double)Vocabulary * Type.Size(), IsCompute: false, () => Sampling.Forward(device, ids, logits, draws));
        }
    }
}
