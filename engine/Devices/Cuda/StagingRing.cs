using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>
/// Pinned pages through which copies between host and device go, a ring of them: a copy to the device returns as soon as its bytes are in a page, and a page is used again
/// only when the stream is done with it.
/// </summary>
internal sealed unsafe class StagingRing : IDisposable
{
    /// <summary>The size of a page: large enough for the full rate of the bus.</summary>
    internal const int SlotBytes = 4 << 20;
    private const int Slots = 8;
    private readonly PinnedMemory _memory;
    private readonly Slot[] _slots = new Slot[Slots];
    private int _next;

    /// <summary>Initializes a new instance of the <see cref="StagingRing"/> class.</summary>
    /// <param name="context">The context, current on this thread.</param>
    internal StagingRing(CudaContextHandle context)
    {
        _memory = PinnedMemory.Allocate(context, (long)Slots * SlotBytes, "copies to the device");
        for (int i = 0; i < Slots; i++)
        {
            _slots[i] = new Slot(_memory.Value + ((nint)i * SlotBytes), CudaEventHandle.Create(context, CudaEventFlags.DisableTiming));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Slot slot in _slots)
        {
            slot.Filled.Dispose();
        }

        _memory.Dispose();
    }

    /// <summary>Waits until the next page is free.</summary>
    internal Slot Next()
    {
        Slot slot = _slots[_next];
        _next = (_next + 1) % Slots;
        slot.Wait();
        return slot;
    }

    /// <summary>One page and the event behind its last copy.</summary>
    internal readonly record struct Slot(nint Address, CudaEventHandle Filled)
    {
        /// <summary>Gets its bytes.</summary>
        internal Span<byte> Span => new((void*)Address, SlotBytes);

        /// <summary>Marks that the stream uses the page up to here.</summary>
        internal void Record(nint stream) => CudaException.ThrowIfFailed(CudaDriver.EventRecord(Filled.Value, stream));

        /// <summary>Waits until the stream is done with the page.</summary>
        internal void Wait() => CudaException.ThrowIfFailed(CudaDriver.EventSynchronize(Filled.Value));
    }
}
