using LlavaCuda.Devices;

namespace LlavaCuda.Bench.Gpu;

/// <summary><c>kernels FILE</c>: every op beside a copy and a square product of this process, which are measured once more at the end: so much do the clocks move.</summary>
internal static class KernelsPart
{
    /// <summary>Measures.</summary>
    /// <param name="device">Where; bf16.</param>
    /// <param name="sizes">At what sizes.</param>
    /// <param name="file">Receives a <see cref="PartFigures"/>.</param>
    /// <returns>Whether nothing failed; what does not fit the memory is noted.</returns>
    internal static bool Run(CudaDevice device, KernelSizes sizes, string file)
    {
        using KernelTimer timer = new(device);
        using GpuNoise noise = new(device, sizes.NoiseElements);
        Yardsticks yardsticks = new(device, timer, noise, sizes);
        GuardedRuns guarded = new(device);
        List<GpuRow> rows = [];
        double? copy = null, product = null;
        guarded.Try("Warming up", yardsticks.WarmUp);
        guarded.Try("The copy", () => copy = Add(yardsticks.Copy()).Value);
        guarded.Try("The square product", () => product = Add(yardsticks.Square()).Value);
        foreach ((string name, Func<GpuNoise, KernelSizes, IEnumerable<KernelCase>> make) in KernelCases.Groups)
        {
            // The outer one is for tensors that cannot be made.
            guarded.Try(name, () =>
            {
                foreach (KernelCase one in make(noise, sizes))
                {
                    guarded.Try(one.Name, () => Add(Measure(one)));
                }
            });
        }

        guarded.Try("The copy, again", () => Add(Again(yardsticks.Copy())));
        guarded.Try("The square product, again", () => Add(Again(yardsticks.Square())));
        GpuJson.Write(file, new PartFigures(rows, guarded.Notes));

        // A GPU that even the copy does not fit is in use.
        return !guarded.Failed && copy is not null;

        GpuRow Measure(KernelCase one)
        {
            double seconds = timer.Measure(sizes.Timing, one.Run);
            double rate = one.Work / seconds / (one.IsCompute ? 1e12 : 1e9);
            if (one.IsCompute)
            {
                return new GpuRow(one.Name, seconds, rate, "TFLOP/s", rate / product, "square product");
            }

            // What the call before left in the cache need not come from memory.
            bool cached = !one.Streams && one.Work < 3.0 * device.CacheBytes;
            return new GpuRow(one.Name, seconds, rate, "GB/s", rate / copy, cached ? "copy, in part from the cache" : "copy");
        }

        GpuRow Add(GpuRow row)
        {
            rows.Add(row);
            GpuJson.Write(file, new PartFigures(rows, guarded.Notes));
            Console.WriteLine($"{row.Name}: {row.Value:F1} {row.Unit}{(row.Share is double share ? $", {share:P0} of the {row.Of}" : string.Empty)}");
            return row;
        }

        static GpuRow Again(GpuRow row) => row with { Name = $"{row.Name}, again" };
    }
}
