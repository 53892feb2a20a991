using System.Text;

namespace LlavaCuda.Text;

/// <summary>Cuts one text into symbols and merges neighbours, best score first and leftmost first among equals.</summary>
/// <remarks>
/// The order is that of sentencepiece: ties go to the smaller left place, which shows in runs of one character.
/// A heap holds candidate pairs; a pair whose symbols have changed since is recognised by its length and skipped, so the whole is O(n log n).
/// </remarks>
internal sealed class BytePairMerger
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly IReadOnlyList<SentencePiece> _pieces;
    private readonly string[] _userDefined;
    private readonly int _longest;

    private readonly PriorityQueue<Candidate, Rank> _queue = new(RankOrder.Instance);
    private char[] _text = [];
    private Symbol[] _symbols = [];

    public BytePairMerger(Dictionary<string, int> ids, IReadOnlyList<SentencePiece> pieces, string[] userDefined)
    {
        _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _pieces = pieces;
        _userDefined = userDefined;
        _longest = ids.Keys.Select(k => k.Length).DefaultIfEmpty(0).Max();
    }

    /// <summary>Calls back with every final symbol: its place in <paramref name="text"/> and its characters, where U+2581 stands for spaces.</summary>
    public void Run(ReadOnlySpan<char> text, bool dummyPrefix, Action<int, ReadOnlySpan<char>> emit)
    {
        int prefix = dummyPrefix ? 1 : 0;
        int length = text.Length + prefix;
        if (_text.Length < length)
        {
            _text = new char[length];
            _symbols = new Symbol[length];
        }

        _text[0] = SentencePieceTokenizer.Space;
        text.Replace(_text.AsSpan(prefix), ' ', SentencePieceTokenizer.Space);
        int count = Cut(length);
        for (int i = 1; i < count; i++)
        {
            Propose(i - 1, i);
        }

        while (_queue.TryDequeue(out Candidate best, out _))
        {
            Merge(best);
        }

        for (int i = 0; i >= 0; i = _symbols[i].Next)
        {
            emit(Math.Max(0, _symbols[i].Start - prefix), _text.AsSpan(_symbols[i].Start, _symbols[i].Length));
        }
    }

    private int Cut(int length)
    {
        int count = 0;
        for (int at = 0; at < length; count++)
        {
            int size = UserDefinedAt(_text.AsSpan(at, length - at));
            bool frozen = size > 0;
            if (!frozen && Rune.DecodeFromUtf16(_text.AsSpan(at, length - at), out _, out size) != System.Buffers.OperationStatus.Done)
            {
                // Half a surrogate pair has no UTF-8 form; it is encoded as the replacement character.
                _text[at] = '\uFFFD';
                size = 1;
            }

            _symbols[count] = new Symbol(at, size, count - 1, at + size < length ? count + 1 : -1, frozen);
            at += size;
        }

        return count;
    }

    private int UserDefinedAt(ReadOnlySpan<char> rest)
    {
        foreach (string symbol in _userDefined)
        {
            if (rest.StartsWith(symbol))
            {
                return symbol.Length;
            }
        }

        return 0;
    }

    private void Propose(int left, int right)
    {
        if (left < 0 || right < 0 || _symbols[left].Frozen || _symbols[right].Frozen)
        {
            return;
        }

        int length = _symbols[left].Length + _symbols[right].Length;
        if (length <= _longest && _ids.TryGetValue(_text.AsSpan(_symbols[left].Start, length), out int id))
        {
            _queue.Enqueue(new Candidate(left, right, length), new Rank(_pieces[id].Score, left));
        }
    }

    private void Merge(Candidate pair)
    {
        ref Symbol left = ref _symbols[pair.Left];
        ref Symbol right = ref _symbols[pair.Right];
        if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length)
        {
            return;
        }

        left.Length = pair.Length;
        left.Next = right.Next;
        right.Length = 0;
        if (right.Next >= 0)
        {
            _symbols[right.Next].Previous = pair.Left;
        }

        Propose(left.Previous, pair.Left);
        Propose(pair.Left, left.Next);
    }

    private record struct Symbol(int Start, int Length, int Previous, int Next, bool Frozen);

    private readonly record struct Candidate(int Left, int Right, int Length);

    private readonly record struct Rank(float Score, int Left);

    private sealed class RankOrder : IComparer<Rank>
    {
        public static readonly RankOrder Instance = new();

        public int Compare(Rank x, Rank y) => x.Score != y.Score ? y.Score.CompareTo(x.Score) : x.Left.CompareTo(y.Left);
    }
}
