using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu.Cases;

/// <summary>The matrix products of a layer, forward and backward, and those of up to eight rows, which read the weights once and are measured in bytes.</summary>
internal static class LinearCases
{
    /// <summary>The yardstick: a square product.</summary>
    internal static KernelCase Square(GpuTensors t, Device device, KernelSizes s)
    {
        long edge = s.Square;
        Tensor x = t.Noise(edge, edge), w = t.Noise(edge, edge), y = t.Empty(edge, edge);
        return KernelCase.Operations($"Linear.Forward {edge}x{edge}x{edge}", 2.0 * edge * edge * edge, () => Linear.Forward(device, y, x, w));
    }

    internal static IEnumerable<KernelCase> Products(GpuNoise noise, KernelSizes s)
    {
        foreach ((string name, int inputs, int outputs) in Layers(s))
        {
            using GpuTensors t = new(noise);
            Device device = noise.Device;
            Tensor x = t.Noise(s.Rows, inputs), w = t.Noise(outputs, inputs), y = t.Noise(s.Rows, outputs), dw = t.Noise(DType.F32, outputs, inputs);
            double work = 2.0 * s.Rows * inputs * outputs;
            yield return KernelCase.Operations($"Linear.Forward {name} {s.Rows}", work, () => Linear.Forward(device, y, x, w));
            yield return KernelCase.Operations($"Linear.BackwardInput {name} {s.Rows}", work, () => Linear.BackwardInput(device, x, y, w));
            yield return KernelCase.Operations($"Linear.BackwardWeight {name} {s.Rows}", work, () => Linear.BackwardWeight(device, dw, y, x, accumulate: true));
        }
    }

    internal static IEnumerable<KernelCase> Vectors(GpuNoise noise, KernelSizes s)
    {
        foreach ((string name, int inputs, int outputs) in Layers(s))
        {
            using GpuTensors t = new(noise);
            Device device = noise.Device;
            long bytes = (long)inputs * outputs * DType.BF16.Size();
            Tensor[] weights = [.. Enumerable.Range(0, (int)(s.StreamedBytes / bytes) + 1).Select(_ => t.Noise(outputs, inputs))];
            foreach (int rows in (int[])[1, 8])
            {
                Tensor x = t.Noise(rows, inputs), y = t.Empty(rows, outputs);
                int next = 0;
                yield return KernelCase.Bytes($"Linear.Forward {name} {rows}", bytes, () => Linear.Forward(device, y, x, weights[next++ % weights.Length])) with { Streams = true };
            }
        }
    }

    private static (string Name, int Inputs, int Outputs)[] Layers(KernelSizes s) =>
        [("qkv", s.Width, 3 * s.Width), ("o", s.Width, s.Width), ("gate_up", s.Width, 2 * s.Inner), ("down", s.Inner, s.Width)];
}
