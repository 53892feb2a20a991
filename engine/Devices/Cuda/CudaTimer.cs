using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>Measures the time that a device needs for what is queued between <see cref="Start"/> and <see cref="Stop"/>.</summary>
internal sealed class CudaTimer : IDisposable
{
    private readonly CudaDevice _device;
    private readonly CudaEventHandle _start;
    private readonly CudaEventHandle _stop;

    /// <summary>Initializes a new instance of the <see cref="CudaTimer"/> class.</summary>
    /// <param name="device">Whose time; its context is current on this thread.</param>
    internal CudaTimer(CudaDevice device)
    {
        _device = device;
        device.Synchronize();
        _start = CudaEventHandle.Create(device.Context, CudaEventFlags.None);
        _stop = CudaEventHandle.Create(device.Context, CudaEventFlags.None);
    }

    /// <summary>Marks the beginning.</summary>
    internal void Start()
    {
        using CudaCall call = _device.BeginCall();
        CudaException.ThrowIfFailed(CudaDriver.EventRecord(_start.Value, _device.Stream));
    }

    /// <summary>Marks the end and waits for it.</summary>
    /// <returns>Seconds.</returns>
    internal double Stop()
    {
        using CudaCall call = _device.BeginCall();
        CudaException.ThrowIfFailed(CudaDriver.EventRecord(_stop.Value, _device.Stream));
        CudaException.ThrowIfFailed(CudaDriver.EventSynchronize(_stop.Value));
        CudaException.ThrowIfFailed(CudaDriver.EventElapsedTime(out float milliseconds, _start.Value, _stop.Value));
        return milliseconds / 1000.0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _start.Dispose();
        _stop.Dispose();
    }
}
