using System.Globalization;
using System.Text;

namespace LlavaCuda.Text;

/// <summary>
/// Learns a small SentencePiece BPE vocabulary from text, laid out as LLaMA's: <c>&lt;unk&gt;</c>, <c>&lt;s&gt;</c>, <c>&lt;/s&gt;</c>, the 256 bytes
/// (ids 3 to 258), the merges in the order found, then the single characters.
/// </summary>
/// <remarks>
/// Byte pair encoding after Sennrich et al. 2016: the most frequent pair of neighbours within a word becomes a piece, again and again.
/// Words begin at spaces; letters, digits and other characters never share a piece, and digits stay single. Ties go to the shorter,
/// then the ordinally smaller piece, so the same text always gives the same vocabulary.
/// </remarks>
public static class SentencePieceTrainer
{
    private const int BytePieces = 256;
    private const int LongestPiece = 16;

    /// <summary>Learns a vocabulary.</summary>
    /// <param name="lines">The text; control characters are left to the byte pieces.</param>
    /// <param name="vocabularySize">The number of pieces wanted; a small text may have fewer pairs to merge and gives fewer.</param>
    /// <returns>A vocabulary with dummy prefix, byte fallback and no normalisation.</returns>
    /// <exception cref="ArgumentException">The size has no room for the markers, the bytes and the text's characters.</exception>
    public static SentencePieceModel Train(IEnumerable<string> lines, int vocabularySize)
    {
        SortedDictionary<string, long> words = CountWords(lines);
        string[] alphabet = CountCharacters(words);
        int merges = vocabularySize - 3 - BytePieces - alphabet.Length;
        if (merges < 0)
        {
            throw new ArgumentException($"A vocabulary of {vocabularySize} pieces has no room for 3 markers, {BytePieces} bytes and the text's {alphabet.Length} characters; ask for {vocabularySize - merges} or more", nameof(vocabularySize));
        }

        List<SentencePiece> pieces =
        [
            new("<unk>", 0, SentencePieceType.Unknown),
            new("<s>", 0, SentencePieceType.Control),
            new("</s>", 0, SentencePieceType.Control),
        ];
        for (int value = 0; value < BytePieces; value++)
        {
            pieces.Add(new SentencePiece(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), 0, SentencePieceType.Byte));
        }

        int first = pieces.Count;
        foreach (string piece in new BytePairLearner(words, LongestPiece).Learn(merges).Concat(alphabet))
        {
            pieces.Add(new SentencePiece(piece, first - pieces.Count, SentencePieceType.Normal));
        }

        return new SentencePieceModel(pieces);
    }

    /// <summary>Sorted, so that nothing below depends on the order of a hash table.</summary>
    private static SortedDictionary<string, long> CountWords(IEnumerable<string> lines)
    {
        SortedDictionary<string, long> words = new(StringComparer.Ordinal);
        StringBuilder word = new();
        foreach (string line in lines)
        {
            Kind last = Kind.Alone;
            foreach (Rune rune in $" {line}".Replace(' ', SentencePieceTokenizer.Space).EnumerateRunes())
            {
                Kind kind = KindOf(rune);
                if (kind == Kind.Space || kind == Kind.Alone || (kind != last && (last != Kind.Space || kind == Kind.Digit)) || kind == Kind.Digit)
                {
                    Close();
                }

                if (kind != Kind.Alone)
                {
                    word.Append(rune.ToString());
                }

                last = kind;
            }

            Close();
        }

        return words;

        void Close()
        {
            if (word.Length > 0)
            {
                string text = word.ToString();
                words[text] = words.GetValueOrDefault(text) + 1;
                word.Clear();
            }
        }
    }

    /// <summary>Most frequent first.</summary>
    private static string[] CountCharacters(SortedDictionary<string, long> words)
    {
        SortedDictionary<string, long> counts = new(StringComparer.Ordinal);
        foreach ((string word, long count) in words)
        {
            foreach (Rune rune in word.EnumerateRunes())
            {
                string text = rune.ToString();
                counts[text] = counts.GetValueOrDefault(text) + count;
            }
        }

        return [.. counts.OrderByDescending(c => c.Value).Select(c => c.Key)];
    }

    private static Kind KindOf(Rune rune)
    {
        if (rune.Value == SentencePieceTokenizer.Space)
        {
            return Kind.Space;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.Control => Kind.Alone,
            UnicodeCategory.DecimalDigitNumber => Kind.Digit,
            <= UnicodeCategory.EnclosingMark => Kind.Letter,
            _ => Kind.Other,
        };
    }

    private enum Kind
    {
        Space,
        Letter,
        Digit,
        Other,
        Alone,
    }
}
