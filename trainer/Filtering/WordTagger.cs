namespace LlavaCuda.Trainer.Filtering;

/// <summary>Classes words by lexicon, ending and neighbours.</summary>
internal static class WordTagger
{
    private static readonly string[] AdjectiveEndings =
        ["ful", "ous", "ive", "ical", "able", "ible", "less", "ish", "ese", "ary", "ular"];

    private static readonly string[] AgentEndings = ["er", "or", "ist", "ian", "man", "woman", "ess", "son", "ee", "boy", "girl"];

    private static readonly string[] NounsInLy =
    [
        "family", "butterfly", "dragonfly", "fly", "belly", "jelly", "lily", "ally", "assembly", "italy", "july", "supply", "holly", "bully",
    ];

    private static readonly string[] Agents =
        ["dog", "cat", "artist", "person", "child", "baby", "bride", "groom", "couple", "model", "team"];

    private static Lexicon Words => Lexicon.Words;

    /// <summary>Tells whether a word is an adjective, whatever its place.</summary>
    /// <param name="word">The word, or null.</param>
    internal static bool IsAdjective(string? word) => word is not null && (Words.Is("adjectives", word)
        || (word.Length > 5 && Array.Exists(AdjectiveEndings, ending => word.EndsWith(ending, StringComparison.Ordinal)))
        || (word.Contains('-', StringComparison.Ordinal) && word.EndsWith("ed", StringComparison.Ordinal)));

    /// <summary>Tells whether an adverb belongs to a phrase: a very old house, freshly baked bread.</summary>
    internal static bool BelongsToPhrase(string[] words, int at, PhraseBuilder phrase)
    {
        string? next = words.ElementAtOrDefault(at + 1);
        bool describes = IsAdjective(next) || EndsIn(next, "ed") || (next is not null && Words.Is("participles", next));
        return phrase.IsOpen
            ? !phrase.HasNoun && describes
            : words[at].EndsWith("ly", StringComparison.Ordinal) && describes
                && phrase.Previous != WordClass.Auxiliary && IsNominal(words, at + 2);
    }

    /// <summary>Classes a word.</summary>
    /// <param name="words">The caption's words.</param>
    /// <param name="at">Which.</param>
    /// <param name="last">The class of the word before.</param>
    /// <param name="phrase">The phrase that is being read.</param>
    internal static WordClass Tag(string[] words, int at, WordClass last, PhraseBuilder phrase)
    {
        string word = words[at];
        if (Closed(word, last, phrase) is { } closed)
        {
            return closed;
        }

        return EndsIn(word, "ing") && word.Length > 4 ? Present(words, at, last, phrase)
            : IsPast(word) ? Past(words, at, last, phrase)
            : VerbForm(words, at, last, phrase) ?? Nominal(words, at, last, phrase);
    }

    private static WordClass? Closed(string word, WordClass last, PhraseBuilder phrase)
    {
        if (word == "'s")
        {
            return phrase.HasNoun ? WordClass.Noun : WordClass.Auxiliary;
        }

        if (!char.IsLetterOrDigit(word[0]) && !char.IsSurrogate(word[0]))
        {
            return word == "&" ? WordClass.Conjunction : WordClass.Mark;
        }

        // That and her stand alone where no phrase can begin.
        bool afterNoun = phrase.HasNoun && last == WordClass.Noun;
        return word == "that" && afterNoun ? WordClass.Pronoun
            : Words.Is("determiners", word) || Words.Is("possessives", word) ? WordClass.Determiner
            : Words.Is("conjunctions", word) ? WordClass.Conjunction
            : phrase is { IsOpen: true, HasNoun: false } && Words.Is("adjectives", word) ? WordClass.Modifier
            : Words.Is("prepositions", word) ? WordClass.Preposition
            : Words.Is("pronouns", word) ? WordClass.Pronoun
            : Words.Is("auxiliaries", word) ? WordClass.Auxiliary
            : IsNumber(word) && !afterNoun ? phrase.IsOpen ? WordClass.Modifier : WordClass.Determiner
            : IsAdverb(word) ? WordClass.Adverb
            : null;
    }

    // -ing
    private static WordClass Present(string[] words, int at, WordClass last, PhraseBuilder phrase)
    {
        string word = words[at];
        if (Words.Is("nouns -ing", word))
        {
            return WordClass.Noun;
        }

        bool nounFollows = IsNominal(words, at + 1);
        return phrase is { IsOpen: true, HasNoun: false } ? nounFollows ? WordClass.Modifier : WordClass.Noun
            : phrase.IsOpen || last == WordClass.Auxiliary || !nounFollows || !Words.Is("modifiers -ing", word) ? WordClass.Verb
            : WordClass.Modifier;
    }

    // -ed, and what stands for it
    private static WordClass Past(string[] words, int at, WordClass last, PhraseBuilder phrase)
    {
        string word = words[at];
        bool nounFollows = IsNominal(words, at + 1);
        bool canDescribe = EndsIn(word, "ed") || Words.Is("participles", word) || Words.Is("modifiers -ed", word);
        return phrase is { IsOpen: true, HasNoun: false } ? WordClass.Modifier
            : phrase.IsOpen ? nounFollows && !phrase.HasDeterminer && Words.Is("modifiers -ed", word) ? WordClass.Modifier : WordClass.Verb
            : last == WordClass.Auxiliary || !nounFollows || !canDescribe ? WordClass.Verb
            : WordClass.Modifier;
    }

    // A base form, or one in -s, that is a verb here; null where it is none.
    private static WordClass? VerbForm(string[] words, int at, WordClass last, PhraseBuilder phrase)
    {
        string word = words[at];
        bool isThird = EndsIn(word, "s") && !Words.Is("nouns -s", word);
        string? verb = isThird
            ? Lexicon.Bases(word, "s").FirstOrDefault(static stem => Words.Is("verbs", stem))
            : Words.Is("verbs", word) ? word : null;
        if (verb is null || phrase is { IsOpen: true, HasNoun: false })
        {
            return null;
        }

        bool isNounToo = Words.Is("both", verb);
        Following next = Next(words, at + 1);
        bool isVerb = phrase.IsOpen
            ? isThird ? IsThird(isNounToo, next, phrase) : IsPlural(isNounToo, next, phrase)
            : last switch
            {
                WordClass.Preposition => words[at - 1] == "to" && !isThird && (!isNounToo || next == Following.Phrase),
                WordClass.Auxiliary => !isThird && words[at - 1] is "will" or "can" or "could" or "would" or "may" or "might" or "must",
                WordClass.Pronoun => true,
                WordClass.Conjunction => phrase.FollowsVerb && next != Following.Verb,
                WordClass.Adverb => phrase.Previous != WordClass.Auxiliary && isThird && !isNounToo,
                WordClass.Mark => !isNounToo && next == Following.Phrase,
                _ => false,
            };
        return isVerb ? WordClass.Verb : null;
    }

    // Behind a noun: the dog runs; city lights.
    private static bool IsThird(bool isNounToo, Following next, PhraseBuilder phrase) =>
        !IsPluralNoun(phrase.Last) && next != Following.Verb
        && (!isNounToo || next == Following.Phrase || phrase.HasDeterminer || IsAgent(phrase.Last));

    // Behind a noun: people dance; a dance.
    private static bool IsPlural(bool isNounToo, Following next, PhraseBuilder phrase) => IsPluralNoun(phrase.Last) || phrase.IsJoined
        ? !isNounToo || next is Following.Phrase or Following.Other || (next == Following.Nominal && phrase.HasDeterminer)
        : !isNounToo && next is Following.Phrase;

    private static WordClass Nominal(string[] words, int at, WordClass last, PhraseBuilder phrase)
    {
        string word = words[at];
        if (!IsAdjective(word))
        {
            return WordClass.Noun;
        }

        // An adjective behind a noun ends the phrase, unless another noun follows; one behind "is" says something of what was before.
        return IsNominal(words, at + 1) ? WordClass.Modifier
            : phrase.HasNoun ? WordClass.Adverb
            : phrase is { IsOpen: true, HasDeterminer: true } && Next(words, at + 1) == Following.Other
                && words.ElementAtOrDefault(at + 1) is not ("and" or "," or "&")
                ? WordClass.Noun
            : WordClass.Modifier;
    }

    private static bool IsAdverb(string word) =>
        Words.Is("adverbs", word) || (EndsIn(word, "ly") && !Words.Is("adjectives", word) && !NounsInLy.Contains(word));

    private static bool IsPast(string word) => (EndsIn(word, "ed") && word.Length > 3 && !Words.Is("nouns -ed", word))
        || Words.Is("irregular", word) || Words.Is("participles", word) || Words.Is("modifiers -ed", word);

    private static bool IsAgent(string word) =>
        Agents.Contains(word) || Array.Exists(AgentEndings, ending => word.EndsWith(ending, StringComparison.Ordinal));

    private static bool IsPluralNoun(string word) =>
        Words.Is("plurals", word) || (EndsIn(word, "s") && !EndsIn(word, "ss") && !Words.Is("nouns -s", word));

    private static bool IsNumber(string word) => char.IsDigit(word[0]) || Words.Is("numbers", word);

    private static bool EndsIn(string? word, string ending) =>
        word is not null && word.Length > ending.Length && word.EndsWith(ending, StringComparison.Ordinal);

    // Whether a word can go on a noun phrase.
    private static bool IsNominal(string[] words, int at) => Next(words, at) == Following.Nominal;

    private static Following Next(string[] words, int at)
    {
        if (at >= words.Length)
        {
            return Following.Other;
        }

        string word = words[at];
        return Words.Is("determiners", word) || Words.Is("possessives", word) || Words.Is("pronouns", word) || IsNumber(word)
                ? Following.Phrase
            : Words.Is("auxiliaries", word) ? Following.Verb
            : !char.IsLetter(word[0]) || Words.Is("prepositions", word) || Words.Is("conjunctions", word) || IsAdverb(word)
                ? Following.Other
            : EndsIn(word, "ing") && !Words.Is("nouns -ing", word) && !Words.Is("modifiers -ing", word) ? Following.Verb
            : IsPast(word) && !IsNominal(words, at + 1) ? Following.Verb
            : Following.Nominal;
    }

    /// <summary>What the next word begins.</summary>
    private enum Following
    {
        /// <summary>A phrase of its own.</summary>
        Phrase,

        /// <summary>More of the same phrase, or its noun.</summary>
        Nominal,

        /// <summary>A verb.</summary>
        Verb,

        /// <summary>A preposition, an adverb, a sign, or nothing.</summary>
        Other,
    }
}
