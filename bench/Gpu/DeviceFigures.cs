using LlavaCuda.Devices;
using LlavaCuda.Native;

namespace LlavaCuda.Bench.Gpu;

/// <summary><c>device FILE</c>: whether a device opens, and what it is.</summary>
/// <param name="Device">The GPU.</param>
/// <param name="Versions">Of the libraries that drive it.</param>
internal sealed record DeviceFigures(string Device, string Versions)
{
    /// <summary>Looks.</summary>
    /// <param name="device">The device, now that it is open.</param>
    /// <param name="file">Receives a <see cref="DeviceFigures"/>.</param>
    /// <returns>True.</returns>
    internal static bool Run(CudaDevice device, string file)
    {
        string versions = $"CUDA driver {NativeLoader.Find(NativeComponent.Driver).Version}, NVRTC {NativeLoader.Find(NativeComponent.Nvrtc).Version}, cuBLASLt {NativeLoader.Find(NativeComponent.CublasLt).Version}";
        GpuJson.Write(file, new DeviceFigures(device.Description, versions));
        Console.WriteLine($"{device.Description}; {versions}");
        return true;
    }
}
