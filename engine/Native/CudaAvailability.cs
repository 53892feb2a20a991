namespace LlavaCuda.Native;

/// <summary>Whether CUDA can be had on this machine, and if not, why not.</summary>
/// <param name="Reason">What is missing and where it was looked for; null when nothing is.</param>
public sealed record CudaAvailability(string? Reason)
{
    private static readonly Lazy<CudaAvailability> Probed = new(Probe);

    /// <summary>Gets what this process found; looked for once.</summary>
    public static CudaAvailability Current => Probed.Value;

    /// <summary>Gets a value indicating whether a CUDA device can be opened.</summary>
    public bool IsAvailable => Reason is null;

    /// <summary>Requires a device.</summary>
    /// <param name="ordinal">Which.</param>
    /// <exception cref="PlatformNotSupportedException">CUDA or this device cannot be had.</exception>
    internal static void Require(int ordinal)
    {
        if (Current.Reason is { } reason)
        {
            throw new PlatformNotSupportedException(reason);
        }

        CudaException.ThrowIfFailed(CudaDriver.DeviceGetCount(out int count));
        if (ordinal >= count)
        {
            throw new PlatformNotSupportedException($"There is no device cuda:{ordinal}; the driver shows {count}.");
        }
    }

    private static CudaAvailability Probe()
    {
        foreach (NativeComponent component in (ReadOnlySpan<NativeComponent>)[NativeComponent.Driver, NativeComponent.Nvrtc, NativeComponent.CublasLt])
        {
            if (!NativeLoader.TryLoad(component, out string? reason))
            {
                return new CudaAvailability(reason);
            }
        }

        CudaResult result = CudaDriver.Init(0);
        return new CudaAvailability(result == CudaResult.Success ? null : $"The NVIDIA driver cannot be used: {result}.");
    }
}
