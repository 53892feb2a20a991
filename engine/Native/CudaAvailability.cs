namespace LlavaCuda.Native;

/// <summary>Whether CUDA can be used here, and why not. Absence is a value: asking never throws, and without a driver it costs next to nothing.</summary>
public sealed class CudaAvailability
{
    /// <summary>The oldest CUDA that a driver must support.</summary>
    internal static readonly Version OldestDriver = new(12, 0);

    /// <summary>The oldest compute capability with bfloat16 matrix instructions and asynchronous copies.</summary>
    internal static readonly Version OldestCapability = new(8, 0);

    private static readonly Lazy<(int Devices, string? Reason)> Driver = new(StartDriver);
    private static readonly Lazy<CudaAvailability> First = new(static () => OfDevice(0));

    private CudaAvailability(string? reason)
    {
        Reason = reason;
    }

    /// <summary>Gets whether the first device can be used; looked for once a process.</summary>
    public static CudaAvailability Current => First.Value;

    /// <summary>Gets a value indicating whether driver, compiler, matrix products and the device are there and of use.</summary>
    public bool IsAvailable => Reason is null;

    /// <summary>Gets why not, in one line, or null.</summary>
    public string? Reason { get; }

    /// <summary>Gets the number of devices that the driver shows; 0 without a driver.</summary>
    internal static int DeviceCount => Driver.Value.Devices;

    /// <summary>Asks for one device. The first call loads CUDA's libraries and starts the driver.</summary>
    /// <param name="ordinal">The device's number, from 0.</param>
    /// <returns>Whether it can be used.</returns>
    public static CudaAvailability OfDevice(int ordinal)
    {
        string? reason = Driver.Value.Reason ?? WhyNot(ordinal);
        if (reason is null && NativeLoader.TryLoad(NativeComponent.Nvrtc, out reason))
        {
            _ = NativeLoader.TryLoad(NativeComponent.CublasLt, out reason);
        }

        return new CudaAvailability(reason);
    }

    /// <summary>Asks for one device and accepts no refusal.</summary>
    /// <param name="ordinal">The device's number, from 0.</param>
    /// <exception cref="PlatformNotSupportedException">It cannot be used; the message says why in one line.</exception>
    public static void Require(int ordinal)
    {
        if (OfDevice(ordinal).Reason is string reason)
        {
            throw new PlatformNotSupportedException(reason);
        }
    }

    /// <summary>Says why a driver that is there cannot be used.</summary>
    /// <param name="driver">The newest CUDA that it supports.</param>
    /// <param name="result">What starting it gave.</param>
    /// <param name="devices">The devices that it shows.</param>
    /// <param name="visible">The variable with which a user hides devices.</param>
    /// <returns>The reason in one line, or null.</returns>
    internal static string? WhyNot(Version driver, CudaResult result, int devices, string? visible)
    {
        if (driver < OldestDriver && driver.Major > 0)
        {
            return $"The NVIDIA driver is too old: it supports CUDA {driver}, and {OldestDriver} or newer is needed (driver 525 or newer).";
        }

        if (result == CudaResult.NoDevice || (result == CudaResult.Success && devices == 0))
        {
            string hidden = visible is null ? string.Empty : $"; CUDA_VISIBLE_DEVICES is '{visible}'";
            return $"The NVIDIA driver (CUDA {driver}) is there, but shows no GPU{hidden}.";
        }

        if (result == CudaResult.SystemDriverMismatch)
        {
            return $"The NVIDIA driver's library (CUDA {driver}) does not fit the driver that the system has loaded: restart the machine after an update.";
        }

        (string name, string words) = result == CudaResult.Success ? (string.Empty, string.Empty) : CudaException.Words(result);
        return result == CudaResult.Success ? null : $"The NVIDIA driver (CUDA {driver}) did not start: {name} ({(int)result}){(words.Length == 0 ? words : $", {words}")}.";
    }

    /// <summary>Says why a device cannot be used.</summary>
    /// <param name="ordinal">Its number.</param>
    /// <param name="device">What it is.</param>
    /// <returns>The reason in one line, or null.</returns>
    internal static string? WhyNot(int ordinal, CudaDeviceInfo device)
    {
        if (device.Capability < OldestCapability)
        {
            return $"CUDA device {ordinal} ({device.Name}) has compute capability {device.Capability}, and {OldestCapability} or newer is needed.";
        }

        return device.Mode == CudaComputeMode.Prohibited ? $"CUDA device {ordinal} ({device.Name}) is set to a mode in which nobody may use it." : null;
    }

    private static string? WhyNot(int ordinal)
    {
        int devices = DeviceCount;
        if (ordinal < 0 || ordinal >= devices)
        {
            return $"There is no CUDA device {ordinal}: the driver shows {(devices == 1 ? "one device, 0" : $"{devices} devices, 0 to {devices - 1}")}.";
        }

        try
        {
            return WhyNot(ordinal, CudaDeviceInfo.Read(ordinal));
        }
        catch (CudaException error)
        {
            return error.Message;
        }
    }

    private static (int Devices, string? Reason) StartDriver()
    {
        if (!NativeLoader.TryLoad(NativeComponent.Driver, out string? reason))
        {
            return (0, reason);
        }

        // An old driver may lack functions that the engine imports: none is called before the version is known.
        Version driver = NativeLoader.Find(NativeComponent.Driver).Version;
        int devices = 0;
        CudaResult result = CudaResult.Success;
        try
        {
            if (driver >= OldestDriver || driver.Major == 0)
            {
                result = CudaDriver.Init(flags: 0);
                result = result == CudaResult.Success ? CudaDriver.DeviceGetCount(out devices) : result;
            }
        }
        catch (EntryPointNotFoundException error)
        {
            return (0, $"The NVIDIA driver (CUDA {driver}) cannot be used: {error.Message}");
        }

        return (devices, WhyNot(driver, result, devices, Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES")));
    }
}
