using System.Globalization;

namespace LlavaCuda.Devices;

/// <summary>What code is compiled for: a machine code architecture, or PTX that the driver translates when the compiler is older than the GPU.</summary>
/// <param name="Option">The value of <c>--gpu-architecture</c>: <c>sm_90a</c>, or <c>compute_90</c> for PTX.</param>
/// <param name="IsPtx">Whether PTX comes out.</param>
internal sealed record KernelTarget(string Option, bool IsPtx)
{
    /// <summary>The oldest compute capability that the kernels are written for, 10·major + minor.</summary>
    internal const int Oldest = 80;

    /// <summary>Chooses the target for a GPU.</summary>
    /// <param name="capability">Its compute capability, 10·major + minor.</param>
    /// <param name="supported">What the compiler knows, 10·major + minor.</param>
    /// <returns>Machine code when the compiler knows the GPU, else PTX of the newest older architecture.</returns>
    /// <exception cref="PlatformNotSupportedException">The GPU is too old for these kernels, or the compiler for it.</exception>
    internal static KernelTarget Choose(int capability, IReadOnlyCollection<int> supported)
    {
        if (capability < Oldest)
        {
            throw new PlatformNotSupportedException(
                string.Create(CultureInfo.InvariantCulture, $"The GPU has compute capability {capability / 10}.{capability % 10}; the kernels need 8.0 (Ampere) or newer."));
        }

        if (supported.Contains(capability))
        {
            // Hopper's own instructions are only in the "a" flavour, whose code runs on this architecture alone.
            return new KernelTarget(string.Create(CultureInfo.InvariantCulture, $"sm_{capability}{(capability == 90 ? "a" : string.Empty)}"), IsPtx: false);
        }

        int newest = supported.Where(a => a <= capability && a >= Oldest).DefaultIfEmpty(0).Max();
        return newest == 0
            ? throw new PlatformNotSupportedException(string.Create(CultureInfo.InvariantCulture, $"NVRTC compiles for none of the architectures from 8.0 to the GPU's {capability / 10}.{capability % 10}; install one that fits the driver."))
            : new KernelTarget(string.Create(CultureInfo.InvariantCulture, $"compute_{newest}"), IsPtx: true);
    }
}
