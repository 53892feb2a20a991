namespace LlavaCuda.Models;

/// <summary>A list whose memory only grows and whose items are a span.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal sealed class HostBuffer<T>
    where T : unmanaged
{
    private T[] _items = [];

    internal int Count { get; private set; }

    internal Span<T> Items => _items.AsSpan(0, Count);

    internal void Clear() => Count = 0;

    internal void Add(T item) => AddMany(1)[0] = item;

    internal Span<T> AddMany(int count)
    {
        int start = Count;
        if (start + count > _items.Length)
        {
            Array.Resize(ref _items, Math.Max(start + count, (int)Math.Min(Array.MaxLength, Math.Max(64, 2L * _items.Length))));
        }

        Count += count;
        return _items.AsSpan(start, count);
    }
}
