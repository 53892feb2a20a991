namespace LlavaCuda.Devices;

/// <summary>One block of a device's memory, freed once by <see cref="Dispose"/>.</summary>
public sealed class DeviceMemory : IDisposable
{
    private readonly Device _device;
    private nint _address;

    internal DeviceMemory(Device device, nint address, long bytes)
    {
        _device = device;
        _address = address;
        Bytes = bytes;
    }

    /// <summary>Finalizes an instance of the <see cref="DeviceMemory"/> class: blocks are large, so one that was forgotten is still returned.</summary>
    ~DeviceMemory() => Release();

    /// <summary>Gets the address of the first byte, aligned to at least 64.</summary>
    public nint Address => _address != 0 ? _address : throw new ObjectDisposedException(nameof(DeviceMemory));

    /// <summary>Gets the size.</summary>
    public long Bytes { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address != 0)
        {
            _device.Free(address, Bytes);
        }
    }
}
