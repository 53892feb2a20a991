namespace LlavaCuda.Trainer.Filtering;

/// <summary>What a word is in its place.</summary>
internal enum WordClass
{
    /// <summary>Articles, possessives and numbers: a noun phrase begins.</summary>
    Determiner,

    /// <summary>Adjectives, and participles before a noun.</summary>
    Modifier,

    /// <summary>Nouns.</summary>
    Noun,

    /// <summary>Verbs and participles that stand as such.</summary>
    Verb,

    /// <summary>Forms of be, have, do, and what goes with verbs.</summary>
    Auxiliary,

    /// <summary>Prepositions, and what joins sentences.</summary>
    Preposition,

    /// <summary>Words that join words.</summary>
    Conjunction,

    /// <summary>Adverbs.</summary>
    Adverb,

    /// <summary>Pronouns, which are no phrases here.</summary>
    Pronoun,

    /// <summary>Signs, and the ends of a caption.</summary>
    Mark,
}
