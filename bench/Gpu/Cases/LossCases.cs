using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu.Cases;

/// <summary>The loss over the vocabulary, and the choice of a token from it.</summary>
internal static class LossCases
{
    // The second vocabulary is odd, as one with an added token often is: rows then do not begin at multiples of 16 bytes.
    internal static IEnumerable<KernelCase> CrossEntropies(GpuNoise noise, KernelSizes s)
    {
        foreach (int vocabulary in (int[])[s.Vocabulary, s.Vocabulary - 61])
        {
            using GpuTensors t = new(noise);
            Device device = noise.Device;
            Tensor logits = t.Noise(s.Labelled, vocabulary), losses = t.Empty(DType.F32, s.Labelled), labels = t.Ints(s.Labelled, i => (int)(i * 31L % vocabulary));
            string size = $"{s.Labelled}x{vocabulary}";
            yield return KernelCase.Bytes($"CrossEntropy.Forward {size}", logits.Bytes, () => CrossEntropy.Forward(device, losses, logits, labels));
            yield return KernelCase.Bytes($"CrossEntropy.ForwardBackward {size}", 2.0 * logits.Bytes, () => CrossEntropy.ForwardBackward(device, losses, logits, labels, 1e-4f));
        }
    }

    internal static IEnumerable<KernelCase> Choices(GpuNoise noise, KernelSizes s)
    {
        using GpuTensors t = new(noise);
        Device device = noise.Device;
        Tensor ids = t.Empty(DType.I32, 1), logits = t.Noise(1, s.Vocabulary), draws = t.Empty(DType.F64, 1, TokenDraw.Width);

        // The noise is a fiftieth of what logits spread.
        foreach ((string name, TokenDraw draw) in ((string, TokenDraw)[])[("greedy", new(0.5, 0, 0, 1)), ("temperature", new(0.5, 0.01, 0, 1)), ("top-k and top-p", new(0.5, 0.01, 50, 0.9))])
        {
            device.CopyFromHost<TokenDraw>(draws, [draw]);
            yield return KernelCase.Bytes($"Sampling.Forward {s.Vocabulary} {name}", logits.Bytes, () => Sampling.Forward(device, ids, logits, draws));
        }
    }
}
