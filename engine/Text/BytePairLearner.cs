using System.Runtime.InteropServices;

namespace LlavaCuda.Text;

/// <summary>Finds the merges of byte pair encoding; only the words that hold the merged pair are counted anew.</summary>
internal sealed class BytePairLearner
{
    private readonly List<List<int>> _words = [];
    private readonly List<long> _counts = [];
    private readonly List<string> _symbols = [];
    private readonly Dictionary<string, int> _symbolIds = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Left, int Right), long> _pairCounts = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> _pairWords = [];
    private readonly PriorityQueue<(int Left, int Right), Rank> _queue = new();
    private readonly int _longest;

    public BytePairLearner(IEnumerable<KeyValuePair<string, long>> words, int longest)
    {
        _longest = longest;
        foreach ((string word, long count) in words)
        {
            _words.Add([.. word.EnumerateRunes().Select(r => SymbolId(r.ToString()))]);
            _counts.Add(count);
            CountPairs(_words.Count - 1, 1, []);
        }

        foreach ((int Left, int Right) pair in _pairCounts.Keys)
        {
            Enqueue(pair);
        }
    }

    /// <summary>The first merges, fewer where no pair is left.</summary>
    public List<string> Learn(int count)
    {
        List<string> merges = [];
        while (merges.Count < count && _queue.TryDequeue(out (int Left, int Right) pair, out Rank rank))
        {
            // A pair's rank is that of the moment it was put in; one that has changed since was put in again.
            if (_pairCounts.GetValueOrDefault(pair) == rank.Count && rank.Count > 0)
            {
                // Two different pairs may join to one string ("a" + "bc", "ab" + "c"); both are merged and it is one piece.
                int known = _symbols.Count;
                Merge(pair);
                if (_symbols.Count > known)
                {
                    merges.Add(_symbols[^1]);
                }
            }
        }

        return merges;
    }

    private void Merge((int Left, int Right) pair)
    {
        int merged = SymbolId(_symbols[pair.Left] + _symbols[pair.Right]);
        HashSet<(int Left, int Right)> changed = [];
        foreach (int word in _pairWords[pair].ToArray())
        {
            CountPairs(word, -1, changed);
            List<int> symbols = _words[word];
            int kept = 0;
            for (int i = 0; i < symbols.Count; i++, kept++)
            {
                bool joins = symbols[i] == pair.Left && i + 1 < symbols.Count && symbols[i + 1] == pair.Right;
                symbols[kept] = joins ? merged : symbols[i];
                i += joins ? 1 : 0;
            }

            symbols.RemoveRange(kept, symbols.Count - kept);
            CountPairs(word, 1, changed);
        }

        foreach ((int Left, int Right) other in changed)
        {
            Enqueue(other);
        }
    }

    private void CountPairs(int word, int sign, HashSet<(int Left, int Right)> changed)
    {
        List<int> symbols = _words[word];
        for (int i = 1; i < symbols.Count; i++)
        {
            (int Left, int Right) pair = (symbols[i - 1], symbols[i]);
            CollectionsMarshal.GetValueRefOrAddDefault(_pairCounts, pair, out _) += sign * _counts[word];
            changed.Add(pair);
            HashSet<int> words = CollectionsMarshal.GetValueRefOrAddDefault(_pairWords, pair, out _) ??= [];
            _ = sign > 0 ? words.Add(word) : words.Remove(word);
        }
    }

    private void Enqueue((int Left, int Right) pair)
    {
        string joined = _symbols[pair.Left] + _symbols[pair.Right];
        long count = _pairCounts[pair];
        if (count > 0 && joined.EnumerateRunes().Count() <= _longest)
        {
            _queue.Enqueue(pair, new Rank(count, joined, _symbols[pair.Left].Length));
        }
    }

    private int SymbolId(string text)
    {
        if (!_symbolIds.TryGetValue(text, out int id))
        {
            id = _symbols.Count;
            _symbols.Add(text);
            _symbolIds.Add(text, id);
        }

        return id;
    }

    /// <summary>Total, so that the outcome does not depend on the order in which equals were put into the queue.</summary>
    private readonly record struct Rank(long Count, string Joined, int LeftLength) : IComparable<Rank>
    {
        public int CompareTo(Rank other) =>
            Count != other.Count ? other.Count.CompareTo(Count)
            : Joined.Length != other.Joined.Length ? Joined.Length.CompareTo(other.Joined.Length)
            : string.CompareOrdinal(Joined, other.Joined) is not 0 and int order ? order
            : LeftLength.CompareTo(other.LeftLength);
    }
}
