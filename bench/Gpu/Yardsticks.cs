using LlavaCuda.Bench.Gpu.Cases;
using LlavaCuda.Devices;
using LlavaCuda.Ops;
using LlavaCuda.Tensors;

namespace LlavaCuda.Bench.Gpu;

/// <summary>What this GPU can do, measured in the process whose figures are held against it.</summary>
/// <param name="device">Which.</param>
/// <param name="timer">Times it.</param>
/// <param name="noise">Fills tensors.</param>
/// <param name="sizes">At what sizes.</param>
internal sealed class Yardsticks(CudaDevice device, KernelTimer timer, GpuNoise noise, KernelSizes sizes)
{
    /// <summary>Wakes the GPU up: an idle one has low clocks.</summary>
    internal void WarmUp()
    {
        using GpuTensors tensors = new(noise);
        timer.WarmUp(sizes.Timing.WarmUpSeconds, LinearCases.Square(tensors, device, sizes).Run);
    }

    /// <summary>Measures a copy, in bytes read and written together, as for the kernels.</summary>
    /// <returns>The row; its value is in GB/s.</returns>
    internal GpuRow Copy()
    {
        using GpuTensors tensors = new(noise);
        Tensor from = tensors.Noise(sizes.CopyBytes / sizeof(ushort)), to = tensors.Empty(sizes.CopyBytes / sizeof(ushort));
        double seconds = timer.Measure(sizes.Timing, () => Move.Forward(device, to, from));
        return new GpuRow($"copy {sizes.CopyBytes >> 20} MiB", seconds, 2.0 * sizes.CopyBytes / seconds / 1e9, "GB/s");
    }

    /// <summary>Measures a square product.</summary>
    /// <returns>The row; its value is in TFLOP/s.</returns>
    internal GpuRow Square()
    {
        using GpuTensors tensors = new(noise);
        KernelCase square = LinearCases.Square(tensors, device, sizes);
        double seconds = timer.Measure(sizes.Timing, square.Run);
        return new GpuRow($"square product, {square.Name}", seconds, square.Work / seconds / 1e12, "TFLOP/s");
    }
}
