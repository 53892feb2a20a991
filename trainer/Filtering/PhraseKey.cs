namespace LlavaCuda.Trainer.Filtering;

/// <summary>What makes phrases one: lower case, single spaces, and no determiner or possessive before them.</summary>
internal static class PhraseKey
{
    /// <summary>Gets the distinct phrases of a caption.</summary>
    /// <param name="phrases">Its phrases as they stand there.</param>
    internal static HashSet<string> Distinct(IEnumerable<string> phrases)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach (string phrase in phrases)
        {
            string[] words = phrase.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            int begin = 0;
            while (begin < words.Length && (Lexicon.Words.Is("determiners", words[begin]) || Lexicon.Words.Is("possessives", words[begin])))
            {
                begin++;
            }

            if (begin < words.Length)
            {
                keys.Add(string.Join(' ', words[begin..]));
            }
        }

        return keys;
    }
}
