using LlavaCuda.Bench.Gpu.Cases;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu;

/// <summary><c>kernels FILE</c>: every op beside a copy and a square product of this process.</summary>
internal static class KernelsPart
{
    /// <summary>Measures.</summary>
    /// <param name="device">Where; bf16.</param>
    /// <param name="sizes">At what sizes.</param>
    /// <param name="file">Receives a <see cref="PartFigures"/>.</param>
    /// <returns>Whether every case ran.</returns>
    internal static bool Run(CudaDevice device, KernelSizes sizes, string file)
    {
        using KernelTimer timer = new(device);
        using GpuNoise noise = new(device, sizes.NoiseElements);
        GuardedRuns guarded = new(device);
        List<GpuRow> rows = [];
        double? copy = null, product = null;
        guarded.Try("The copy", () => copy = MeasureCopy());
        guarded.Try("The square product", () => product = MeasureSquare());
        foreach ((string name, Func<GpuNoise, KernelSizes, IEnumerable<KernelCase>> make) in KernelCases.Groups)
        {
            // The outer one is for tensors that cannot be made.
            guarded.Try(name, () =>
            {
                foreach (KernelCase one in make(noise, sizes))
                {
                    guarded.Try(one.Name, () => Measure(one));
                }
            });
        }

        GpuJson.Write(file, new PartFigures(rows, guarded.Notes));
        return !guarded.Failed;

        void Measure(KernelCase one)
        {
            double seconds = timer.Measure(sizes.Rounds, sizes.RoundSeconds, one.Run);
            double rate = one.Work / seconds;
            Add(one.IsCompute
                ? new GpuRow(one.Name, seconds, rate / 1e12, "TFLOP/s", rate / product, "square product")
                : new GpuRow(one.Name, seconds, rate / 1e9, "GB/s", rate / copy, "copy"));
        }

        // Bytes read and written together, as for the kernels.
        double MeasureCopy()
        {
            using GpuTensors tensors = new(noise);
            Tensor from = tensors.Noise(sizes.CopyBytes / sizeof(ushort)), to = tensors.Empty(sizes.CopyBytes / sizeof(ushort));
            double seconds = timer.Measure(sizes.Rounds, sizes.RoundSeconds, () => Move.Forward(device, to, from));
            double rate = 2.0 * sizes.CopyBytes / seconds;
            Add(new GpuRow($"copy {sizes.CopyBytes >> 20} MiB", seconds, rate / 1e9, "GB/s"));
            return rate;
        }

        double MeasureSquare()
        {
            using GpuTensors tensors = new(noise);
            KernelCase square = LinearCases.Square(tensors, device, sizes);
            double seconds = timer.Measure(sizes.Rounds, sizes.RoundSeconds, square.Run);
            Add(new GpuRow(square.Name, seconds, square.Work / seconds / 1e12, "TFLOP/s"));
            return square.Work / seconds;
        }

        void Add(GpuRow row)
        {
            rows.Add(row);
            GpuJson.Write(file, new PartFigures(rows, guarded.Notes));
            Console.WriteLine($"{row.Name}: {row.Value:F1} {row.Unit}{(row.Share is double share ? $", {share:P0} of the {row.Of}" : string.Empty)}");
        }
    }
}
