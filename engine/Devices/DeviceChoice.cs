using System.Globalization;

namespace LlavaCuda.Devices;

/// <summary>Opens the device that a user names.</summary>
public static class DeviceChoice
{
    /// <summary>Opens a device.</summary>
    /// <param name="name"><c>auto</c> or <c>cpu</c>; <c>cuda</c> and <c>cuda:n</c> are refused with the reason.</param>
    /// <param name="threads">Threads of the CPU device, or null for one a core.</param>
    /// <returns>The device, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">The name is none of these.</exception>
    /// <exception cref="PlatformNotSupportedException">CUDA was asked for.</exception>
    public static Device Open(string name, int? threads = null) => name switch
    {
        "auto" or "cpu" => new CpuDevice(threads),
        _ when IsCuda(name) => throw new PlatformNotSupportedException($"Device '{name}' cannot be had: this version has no CUDA device; use --device cpu."),
        _ => throw new ArgumentException($"Device '{name}' is unknown; expected auto, cpu, cuda or cuda:n."),
    };

    private static bool IsCuda(string name) =>
        name == "cuda" || (name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _));
}
