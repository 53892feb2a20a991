using System.Globalization;
using LlavaCuda.Native;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>Opens the device that a user names.</summary>
public static class DeviceChoice
{
    /// <summary>Opens a device.</summary>
    /// <param name="name"><c>auto</c> (the first GPU if CUDA can be had, else the processor), <c>cpu</c>, <c>cuda</c> or <c>cuda:n</c>.</param>
    /// <param name="threads">Threads of the CPU device, or null for one a core.</param>
    /// <param name="precision">Storage on a GPU: <c>bf16</c> or <c>fp32</c>; the processor has fp32 only. <c>auto</c> is the device's own.</param>
    /// <returns>The device, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">The name is none of these, or the device has no such precision.</exception>
    /// <exception cref="PlatformNotSupportedException">CUDA was asked for and cannot be had; the message says what is missing and where it was looked for.</exception>
    public static Device Open(string name, int? threads = null, string precision = "auto")
    {
        DType? type = precision switch
        {
            "auto" => null,
            "bf16" => DType.BF16,
            "fp32" => DType.F32,
            _ => throw new ArgumentException($"Precision '{precision}' is unknown; expected auto, bf16 or fp32."),
        };
        int ordinal = Ordinal(name);
        if (ordinal >= 0 || (name == "auto" && CudaAvailability.Current.IsAvailable))
        {
            return new CudaDevice(Math.Max(ordinal, 0), type ?? DType.BF16);
        }

        return type == DType.BF16
            ? throw new ArgumentException($"Precision bf16 is for GPUs; the processor computes in fp32{(name == "auto" ? $", and no GPU can be used: {CudaAvailability.Current.Reason}" : ".")}")
            : new CpuDevice(threads);
    }

    // Which GPU is named, or −1 for a name that names none.
    private static int Ordinal(string name)
    {
        const string Prefix = "cuda:";
        if (name is "auto" or "cpu")
        {
            return -1;
        }

        if (name == "cuda")
        {
            return 0;
        }

        return name.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal)
            ? ordinal
            : throw new ArgumentException($"Device '{name}' is unknown; expected auto, cpu, cuda or cuda:n.");
    }
}
