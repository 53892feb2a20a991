using LlavaCuda.Native;
using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <content>Copies between host and device, through pinned memory.</content>
public sealed unsafe partial class CudaDevice
{
    /// <inheritdoc/>
    public override StagedCopy CreateStaging()
    {
        using CudaCall call = BeginCall();
        return new CudaStagedCopy(this);
    }

    /// <inheritdoc/>
    protected override void CopyFromHostCore(Tensor destination, ReadOnlySpan<byte> source)
    {
        using CudaCall call = BeginCall();
        nint address = destination.Address;
        while (source.Length > 0)
        {
            int bytes = Math.Min(source.Length, StagingRing.SlotBytes);
            StagingRing.Slot slot = _staging.Next();
            source[..bytes].CopyTo(slot.Span);
            CudaException.ThrowIfFailed(CudaDriver.MemcpyHtoDAsync(address, (void*)slot.Address, (nuint)bytes, _stream.Value));
            slot.Record(_stream.Value);
            address += bytes;
            source = source[bytes..];
        }
    }

    /// <inheritdoc/>
    protected override void CopyToHostCore(Span<byte> destination, Tensor source)
    {
        using CudaCall call = BeginCall();
        nint address = source.Address;
        while (destination.Length > 0)
        {
            int bytes = Math.Min(destination.Length, StagingRing.SlotBytes);
            StagingRing.Slot slot = _staging.Next();
            CudaException.ThrowIfFailed(CudaDriver.MemcpyDtoHAsync((void*)slot.Address, address, (nuint)bytes, _stream.Value));
            slot.Record(_stream.Value);
            slot.Wait();
            slot.Span[..bytes].CopyTo(destination);
            address += bytes;
            destination = destination[bytes..];
        }
    }
}
