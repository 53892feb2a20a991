using System.Buffers;

namespace LlavaCuda.Text;

/// <summary>Finds added tokens in text: the first place, and there the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly AddedToken[] _longestFirst;
    private readonly SearchValues<string> _contents;

    public AddedTokenMatcher(IEnumerable<AddedToken> tokens)
    {
        _longestFirst = [.. tokens.OrderByDescending(t => t.Content.Length)];
        _contents = SearchValues.Create([.. _longestFirst.Select(t => t.Content)], StringComparison.Ordinal);
    }

    public AddedToken? Find(ReadOnlySpan<char> text, out int at)
    {
        at = text.IndexOfAny(_contents);
        if (at < 0)
        {
            return null;
        }

        foreach (AddedToken token in _longestFirst)
        {
            if (text[at..].StartsWith(token.Content))
            {
                return token;
            }
        }

        return null;
    }
}
