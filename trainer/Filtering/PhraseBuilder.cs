namespace LlavaCuda.Trainer.Filtering;

/// <summary>The noun phrase that is being read, and those before it.</summary>
internal sealed class PhraseBuilder
{
    private readonly List<string> _words = [];
    private int _end;

    /// <summary>Gets the phrases.</summary>
    internal List<string> Phrases { get; } = [];

    /// <summary>Gets a value indicating whether a phrase has begun.</summary>
    internal bool IsOpen => _words.Count > 0;

    /// <summary>Gets a value indicating whether it has a noun, so that it may end.</summary>
    internal bool HasNoun => _end > 0;

    /// <summary>Gets a value indicating whether it begins with a determiner.</summary>
    internal bool HasDeterminer { get; private set; }

    /// <summary>Gets a value indicating whether "and" may join adjectives here.</summary>
    internal bool JoinsModifiers => IsOpen && !HasNoun && _words.Count > (HasDeterminer ? 1 : 0);

    /// <summary>Gets the last word of the phrase.</summary>
    internal string Last => _words[^1];

    /// <summary>Gets what ended the phrase before.</summary>
    internal WordClass Previous { get; private set; } = WordClass.Mark;

    /// <summary>Gets a value indicating whether the phrase before was joined to this one.</summary>
    internal bool IsJoined { get; private set; }

    /// <summary>Gets a value indicating whether a verb was read last, before the conjunction if there is one.</summary>
    internal bool FollowsVerb { get; private set; }

    /// <summary>Begins a phrase with a determiner.</summary>
    internal void Begin(string word)
    {
        if (HasNoun || !HasDeterminer)
        {
            Close();
        }

        HasDeterminer = true;
        _words.Add(word);
    }

    /// <summary>Adds a word.</summary>
    internal void Add(string word, WordClass kind)
    {
        // A genitive: the noun is still to come.
        if (word == "'s")
        {
            _words[^1] += word;
            _end = 0;
            return;
        }

        _words.Add(word);
        bool isGenitive = word.EndsWith("'s", StringComparison.Ordinal) || word.EndsWith("s'", StringComparison.Ordinal);
        _end = isGenitive ? 0 : kind == WordClass.Noun ? _words.Count : _end;
    }

    /// <summary>Ends the phrase.</summary>
    internal void End(WordClass by)
    {
        bool hadNoun = HasNoun;
        Close();
        IsJoined = by == WordClass.Conjunction && hadNoun;
        FollowsVerb = by == WordClass.Verb || (by == WordClass.Conjunction && FollowsVerb && !hadNoun);
        Previous = by;
    }

    private void Close()
    {
        if (_end > 0)
        {
            Phrases.Add(string.Join(' ', _words[.._end]));
        }

        _words.Clear();
        _end = 0;
        HasDeterminer = false;
    }
}
