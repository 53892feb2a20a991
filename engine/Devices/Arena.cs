using LlavaCuda.Tensors;

namespace LlavaCuda.Devices;

/// <summary>
/// A stack of tensors in one block of memory. Forward passes push what backward needs, backward passes take it back by <see cref="Release"/>; nothing is
/// allocated in between. Without memory (on a <see cref="PlanningDevice"/>) the same pushes only measure: run a pass once that way and <see cref="Peak"/> is the size to ask for.
/// </summary>
public sealed class Arena : IDisposable
{
    private const int Alignment = 256;
    private readonly DeviceMemory _memory;
    private readonly string _purpose;
    private long _used;

    /// <summary>Initializes a new instance of the <see cref="Arena"/> class.</summary>
    /// <param name="device">Where.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="purpose">For messages, for example <c>the activations</c>.</param>
    public Arena(Device device, long bytes, string purpose)
    {
        _purpose = purpose;
        _memory = device.Allocate(Math.Max(bytes, Alignment), purpose);
    }

    /// <summary>Gets the most bytes that were ever in use.</summary>
    public long Peak { get; private set; }

    /// <summary>Gets the size in bytes.</summary>
    public long Capacity => _memory.Bytes;

    /// <summary>Pushes a tensor; its contents are undefined.</summary>
    /// <param name="type">Element type.</param>
    /// <param name="extents">Extents.</param>
    /// <returns>The tensor, valid until a mark below it is released.</returns>
    /// <exception cref="InvalidOperationException">The arena is too small: it was planned for a smaller batch.</exception>
    public Tensor Push(DType type, params ReadOnlySpan<long> extents)
    {
        Shape shape = new(extents);
        long bytes = ((shape.Count * type.Size()) + Alignment - 1) / Alignment * Alignment;
        if (bytes > _memory.Bytes - _used)
        {
            throw new InvalidOperationException($"{_purpose} need {_used + bytes:N0} bytes, but were planned with {_memory.Bytes:N0}.");
        }

        Tensor tensor = new(_memory.Address + (nint)_used, type, shape);
        _used += bytes;
        Peak = Math.Max(Peak, _used);
        return tensor;
    }

    /// <summary>Remembers the top of the stack.</summary>
    /// <returns>A mark for <see cref="Release"/>.</returns>
    public long Mark() => _used;

    /// <summary>Opens a frame that a <c>using</c> closes.</summary>
    /// <returns>The frame.</returns>
    internal ArenaFrame Open() => new(this);

    /// <summary>Takes back all that was pushed since the mark.</summary>
    /// <param name="mark">From <see cref="Mark"/>.</param>
    public void Release(long mark)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mark, _used);
        _used = mark;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
