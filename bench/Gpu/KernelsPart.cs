using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu;

/// <summary><c>gpu kernels FILE</c>: every kernel beside a copy and a square product of this process. The file grows with every row, so that what was measured survives a failure.</summary>
internal static class KernelsPart
{
    private const long CopyBytes = 2L << 30;

    internal static void Run(string file)
    {
        using CudaDevice device = new();
        using KernelTimer timer = new(device);
        List<GpuRow> rows = [];
        double copy = MeasureCopy(device, timer);
        Add(new GpuRow("copy 2 GiB", 2.0 * CopyBytes / copy, copy / 1e9, "GB/s"));
        double product;
        using (GpuTensors tensors = new(device))
        {
            KernelCase square = ProductCases.Square(device, tensors);
            double seconds = timer.Measure(square.Run);
            product = square.Work / seconds;
            Add(new GpuRow(square.Name, seconds, product / 1e12, "TFLOP/s"));
        }

        foreach (KernelCase one in KernelCases.All(device).Concat(ProductCases.All(device)))
        {
            double seconds = timer.Measure(one.Run);
            double rate = one.Work / seconds;
            Add(one.IsCompute
                ? new GpuRow(one.Name, seconds, rate / 1e12, "TFLOP/s", rate / product, "square product")
                : new GpuRow(one.Name, seconds, rate / 1e9, "GB/s", rate / copy, "copy"));
        }

        void Add(GpuRow row)
        {
            rows.Add(row);
            GpuJson.Write(file, rows);
            Console.WriteLine($"{row.Name}: {row.Value:F1} {row.Unit}{(row.Share is double share ? $", {share:P0} of the {row.Of}" : string.Empty)}");
        }
    }

    // Bytes read and written together, as for the kernels.
    private static double MeasureCopy(CudaDevice device, KernelTimer timer)
    {
        using GpuTensors tensors = new(device);
        Tensor from = tensors.Noise(DType.BF16, CopyBytes / sizeof(ushort));
        Tensor to = tensors.Empty(DType.BF16, CopyBytes / sizeof(ushort));
        return 2.0 * CopyBytes / timer.Measure(() => Move.Forward(device, to, from));
    }
}
