namespace LlavaCuda.Models;

/// <summary>Text rows sorted by token id (a counting sort), so that the embedding's gradient sums each id's rows in order, without atomics.</summary>
internal sealed class TokenSegments
{
    private readonly HostBuffer<int> _ids = new();
    private readonly HostBuffer<int> _starts = new();
    private readonly HostBuffer<int> _rows = new();
    private int[] _next = [];

    /// <summary>Gets the distinct ids, ascending.</summary>
    internal ReadOnlySpan<int> Ids => _ids.Items;

    /// <summary>Gets where each id's rows begin, and the end.</summary>
    internal ReadOnlySpan<int> Starts => _starts.Items;

    /// <summary>Gets the rows, by id, ascending within an id.</summary>
    internal ReadOnlySpan<int> Rows => _rows.Items;

    /// <summary>Sorts.</summary>
    /// <param name="source">Token ids; negative values are image rows and are left out.</param>
    /// <param name="vocabulary">All ids are below.</param>
    internal void Sort(ReadOnlySpan<int> source, int vocabulary)
    {
        _ids.Clear();
        _starts.Clear();
        _rows.Clear();
        if (_next.Length < vocabulary)
        {
            _next = new int[vocabulary];
        }

        Array.Clear(_next);
        int texts = 0;
        foreach (int id in source)
        {
            if (id >= 0)
            {
                _next[id]++;
                texts++;
            }
        }

        int start = 0;
        for (int id = 0; id < vocabulary; id++)
        {
            int count = _next[id];
            if (count > 0)
            {
                _ids.Add(id);
                _starts.Add(start);
                _next[id] = start;
                start += count;
            }
        }

        _starts.Add(start);
        Span<int> rows = _rows.AddMany(texts);
        for (int row = 0; row < source.Length; row++)
        {
            if (source[row] >= 0)
            {
                rows[_next[source[row]]++] = row;
            }
        }
    }
}
