namespace LlavaCuda.Native;

/// <summary>Memory of the host that the device reads and writes by itself, so that copies run beside other work.</summary>
internal sealed unsafe class PinnedMemory : CudaObjectHandle
{
    private PinnedMemory(nint address, long bytes, CudaContextHandle context)
        : base(address, context)
    {
        Bytes = bytes;
    }

    /// <summary>Gets the size.</summary>
    internal long Bytes { get; }

    /// <summary>Takes pinned memory.</summary>
    /// <param name="context">The context, current on this thread.</param>
    /// <param name="bytes">The size, above 0.</param>
    /// <param name="purpose">What an error names.</param>
    /// <returns>The memory, not cleared.</returns>
    /// <exception cref="InsufficientMemoryException">The system has no more memory to pin.</exception>
    internal static PinnedMemory Allocate(CudaContextHandle context, long bytes, string purpose)
    {
        CudaResult result = CudaDriver.MemHostAlloc(out nint address, (nuint)bytes, flags: 0);
        if (result == CudaResult.OutOfMemory)
        {
            throw new InsufficientMemoryException($"Cannot pin {bytes:N0} bytes of the host's memory for {purpose}: the system refused.");
        }

        CudaException.ThrowIfFailed(result, purpose, bytes, nameof(CudaDriver.MemHostAlloc));
        return new PinnedMemory(address, bytes, context);
    }

    /// <summary>Gives a view of some bytes.</summary>
    /// <param name="offset">Where they begin.</param>
    /// <param name="length">How many.</param>
    /// <returns>The view, valid as long as the memory.</returns>
    internal Span<byte> Slice(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Bytes);
        return new Span<byte>((byte*)handle + offset, length);
    }

    /// <inheritdoc/>
    protected override bool Destroy() => CudaDriver.MemFreeHost(handle) == CudaResult.Success;
}
