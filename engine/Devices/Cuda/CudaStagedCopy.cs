using LlavaCuda.Native;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>
/// A staged copy on a stream of its own: host memory, pinned memory, a buffer on the device while the compute stream works; then one copy on the device. Two events keep the order:
/// the buffer is read only after it has arrived, and filled again only after it was read.
/// </summary>
internal sealed unsafe class CudaStagedCopy : StagedCopy
{
    private readonly CudaDevice _device;
    private readonly CudaStreamHandle _stream;
    private readonly CudaEventHandle _arrived;
    private readonly CudaEventHandle _read;
    private PinnedMemory? _pinned;
    private DeviceMemory? _buffer;
    private int _bytes;

    /// <summary>Initializes a new instance of the <see cref="CudaStagedCopy"/> class.</summary>
    /// <param name="device">The device, whose context is current on this thread.</param>
    internal CudaStagedCopy(CudaDevice device)
    {
        _device = device;
        _stream = CudaStreamHandle.Create(device.Context);
        _arrived = CudaEventHandle.Create(device.Context, CudaEventFlags.DisableTiming);
        _read = CudaEventHandle.Create(device.Context, CudaEventFlags.DisableTiming);
    }

    /// <inheritdoc/>
    internal override void Begin(ReadOnlySpan<byte> source)
    {
        using CudaCall call = _device.BeginCall();
        Reserve(source.Length);

        // The copy before has left the pinned pages; on the device, the stream itself waits until its buffer was read.
        CudaException.ThrowIfFailed(CudaDriver.EventSynchronize(_arrived.Value));
        source.CopyTo(_pinned!.Slice(0, source.Length));
        CudaException.ThrowIfFailed(CudaDriver.StreamWaitEvent(_stream.Value, _read.Value, 0));
        CudaException.ThrowIfFailed(CudaDriver.MemcpyHtoDAsync(_buffer!.Address, (void*)_pinned.Value, (nuint)source.Length, _stream.Value));
        CudaException.ThrowIfFailed(CudaDriver.EventRecord(_arrived.Value, _stream.Value));
        _bytes = source.Length;
    }

    /// <inheritdoc/>
    internal override void CopyTo(Tensor destination)
    {
        if (destination.Bytes != _bytes)
        {
            throw new ArgumentException($"{_bytes} bytes were begun, but the tensor is {destination} ({destination.Bytes} bytes).");
        }

        using CudaCall call = _device.BeginCall();
        CudaException.ThrowIfFailed(CudaDriver.StreamWaitEvent(_device.Stream, _arrived.Value, 0));
        CudaException.ThrowIfFailed(CudaDriver.MemcpyDtoDAsync(destination.Address, _buffer!.Address, (nuint)_bytes, _device.Stream));
        CudaException.ThrowIfFailed(CudaDriver.EventRecord(_read.Value, _device.Stream));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
        {
            return;
        }

        // Not while another thread copies into the pinned pages.
        using CudaCall call = _device.BeginDisposal();
        if (!_stream.IsClosed)
        {
            // The device may be disposed, and no context be current; the stream keeps its own alive. What it still copies must not outlive the pages and the buffer.
            using CudaContextScope scope = _device.Context.Enter();
            _ = CudaDriver.StreamSynchronize(_stream.Value);
            _buffer?.Dispose();
            _pinned?.Dispose();
            _arrived.Dispose();
            _read.Dispose();
            _stream.Dispose();
        }
    }

    // Grows with the largest batch so far; a steady run comes here for nothing.
    private void Reserve(int bytes)
    {
        if (_buffer is not null && _buffer.Bytes >= bytes)
        {
            return;
        }

        _device.Synchronize();
        CudaException.ThrowIfFailed(CudaDriver.StreamSynchronize(_stream.Value));
        _buffer?.Dispose();
        _pinned?.Dispose();
        (_buffer, _pinned) = (null, null);
        _pinned = PinnedMemory.Allocate(_device.Context, bytes, "pictures on their way to the device");
        _buffer = _device.Allocate(bytes, "pictures on their way");

        // The allocation is cleared on the compute stream; the copy must come behind that.
        _device.Synchronize();
    }
}
