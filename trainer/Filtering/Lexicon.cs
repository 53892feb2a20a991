using System.Collections.Frozen;
using System.Reflection;

namespace LlavaCuda.Trainer.Filtering;

/// <summary>The words that the extractor knows, by class; most words are unknown, and nouns.</summary>
internal sealed class Lexicon
{
    private const string Resource = "phrases/lexicon.txt";
    private readonly Dictionary<string, FrozenSet<string>> _classes = [];

    private Lexicon()
    {
        using StreamReader reader = new(Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)!);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            bool hasEnding = words[1].StartsWith('-');
            string name = hasEnding ? $"{words[0]} {words[1]}" : words[0];
            _classes.Add(name, words.Skip(hasEnding ? 2 : 1).ToFrozenSet(StringComparer.Ordinal));
        }
    }

    /// <summary>Gets the words.</summary>
    internal static Lexicon Words { get; } = new();

    /// <summary>Tells whether a word is of a class.</summary>
    /// <param name="name">The class, as the lexicon calls it.</param>
    /// <param name="word">The word, in lower case.</param>
    internal bool Is(string name, string word) => _classes[name].Contains(word);

    /// <summary>Gets the base forms that a form with an ending may have: runs, run; baked, bake; sitting, sit; carries, carry.</summary>
    /// <param name="word">The form.</param>
    /// <param name="ending"><c>s</c>, <c>ed</c> or <c>ing</c>.</param>
    internal static IEnumerable<string> Bases(string word, string ending)
    {
        string stem = word[..^ending.Length];
        yield return stem;
        if (ending == "s")
        {
            if (stem.EndsWith("ie", StringComparison.Ordinal))
            {
                yield return stem[..^2] + "y";
            }

            if (stem.EndsWith('e'))
            {
                yield return stem[..^1];
            }

            yield break;
        }

        yield return stem + "e";
        if (stem.Length > 2 && stem[^1] == stem[^2])
        {
            yield return stem[..^1];
        }

        if (stem.EndsWith('i'))
        {
            yield return stem[..^1] + "y";
        }
    }
}
