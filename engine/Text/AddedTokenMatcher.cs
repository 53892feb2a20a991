using System.Buffers;

namespace LlavaCuda.Text;

/// <summary>Finds added tokens in text: the first place, and there the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly Dictionary<string, AddedToken>.AlternateLookup<ReadOnlySpan<char>> _byContent;
    private readonly int[] _longestFirst;
    private readonly SearchValues<string> _contents;

    public AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        Dictionary<string, AddedToken> byContent = tokens.ToDictionary(static t => t.Content, StringComparer.Ordinal);
        _byContent = byContent.GetAlternateLookup<ReadOnlySpan<char>>();
        _longestFirst = [.. byContent.Keys.Select(static content => content.Length).Distinct().OrderDescending()];
        _contents = SearchValues.Create([.. byContent.Keys], StringComparison.Ordinal);
    }

    public AddedToken? Find(ReadOnlySpan<char> text, out int at)
    {
        at = text.IndexOfAny(_contents);
        foreach (int length in at < 0 ? [] : _longestFirst)
        {
            if (length <= text.Length - at && _byContent.TryGetValue(text.Slice(at, length), out AddedToken? token))
            {
                return token;
            }
        }

        return null;
    }
}
