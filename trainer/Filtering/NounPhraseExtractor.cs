namespace LlavaCuda.Trainer.Filtering;

/// <summary>
/// Finds the noun phrases of English captions, divided as spaCy's noun chunks are: a determiner or possessive, numbers, adjectives,
/// participles and nouns before the last noun, and that noun; nothing behind it, and no pronouns.
/// <para>
/// Words are classed from left to right by a small lexicon, by endings and by their neighbours: after a determiner or an adjective
/// comes a noun; a form in -ing or -ed before a noun belongs to the phrase where one has begun, and is a verb behind a noun; a word that
/// is a verb as well as a noun (walks, lights) is a verb behind a noun that agrees with it, if what follows can follow a verb. Unknown
/// words are nouns.
/// </para>
/// </summary>
internal static class NounPhraseExtractor
{
    /// <summary>Finds the phrases of a caption.</summary>
    /// <param name="caption">The caption.</param>
    /// <returns>The phrases as they stand there, in lower case and with single spaces; one that occurs twice is there twice.</returns>
    internal static List<string> Extract(string caption)
    {
        string[] words = [.. Tokens(caption)];
        PhraseBuilder builder = new();
        WordClass last = WordClass.Mark;
        for (int i = 0; i < words.Length; i++)
        {
            // A close up, close-up of.
            if (words.AsSpan(i) is ["close", "up"] or ["close", "up", "of" or "view", ..])
            {
                builder.Add("close", WordClass.Modifier);
                builder.Add("up", WordClass.Noun);
                last = WordClass.Noun;
                i++;
                continue;
            }

            last = WordTagger.Tag(words, i, last, builder);
            bool ofFollows = i + 1 < words.Length && words[i + 1] == "of";
            switch (last)
            {
                case WordClass.Determiner:
                    builder.Begin(words[i]);
                    break;
                case WordClass.Modifier when ofFollows && words[i] != "full" && builder.Previous != WordClass.Auxiliary:
                    // In front of, the left of.
                    builder.Add(words[i], WordClass.Noun);
                    break;
                case WordClass.Modifier or WordClass.Noun:
                    builder.Add(words[i], last);
                    break;
                case WordClass.Adverb when WordTagger.BelongsToPhrase(words, i, builder):
                    builder.Add(words[i], WordClass.Modifier);
                    last = WordClass.Modifier;
                    break;
                case WordClass.Conjunction when builder.JoinsModifiers && WordTagger.IsAdjective(words.ElementAtOrDefault(i + 1)):
                    builder.Add(words[i], WordClass.Modifier);
                    last = WordClass.Modifier;
                    break;
                default:
                    builder.End(last);
                    break;
            }
        }

        builder.End(WordClass.Mark);
        return builder.Phrases;
    }

    // Words, numbers, and signs one by one; hyphens and apostrophes inside of words belong to them.
    private static IEnumerable<string> Tokens(string caption)
    {
        string text = caption.ToLowerInvariant().Replace('\u2019', '\'');
        for (int i = 0; i < text.Length;)
        {
            int begin = i;
            while (i < text.Length && (char.IsLetterOrDigit(text[i]) || char.IsSurrogate(text[i])
                || (i > begin && text[i] is '-' or '\'' && i + 1 < text.Length && char.IsLetterOrDigit(text[i + 1]))))
            {
                i++;
            }

            if (i > begin)
            {
                // A caption that was divided before has its genitives apart.
                yield return text[begin..i];
            }
            else if (text[i] == '\'' && i + 1 < text.Length && text[i + 1] == 's' && (i + 2 == text.Length || text[i + 2] == ' '))
            {
                yield return "'s";
                i += 2;
            }
            else
            {
                if (!char.IsWhiteSpace(text[i]))
                {
                    yield return text[i].ToString();
                }

                i++;
            }
        }
    }
}
