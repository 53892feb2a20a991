namespace LlavaCuda.Ops.Cpu;

/// <summary>Cuts items (elements, rows) into the chunks that <c>CpuWorkers</c> runs; the cuts depend on sizes alone, never on the number of threads.</summary>
internal readonly struct Chunks
{
    // Small enough that the threads end together and a chunk's rows stay in the cache between passes, large enough that handing out chunks costs nothing.
    private const long Elements = 16 * 1024;
    private readonly long _items;
    private readonly long _each;

    internal Chunks(long items, long each)
    {
        _items = items;
        _each = each;
    }

    internal long Count => (_items + _each - 1) / _each;

    internal static Chunks OfElements(long count) => new(count, Elements);

    internal static Chunks OfRows(long rows, long width) => new(rows, Math.Max(1, Elements / Math.Max(1, width)));

    internal long Start(long chunk) => chunk * _each;

    internal long End(long chunk) => Math.Min(_items, (chunk + 1) * _each);
}
