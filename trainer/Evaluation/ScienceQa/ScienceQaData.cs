using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>ScienceQA's two files: <c>problems.json</c> with everything, and <c>pid_splits.json</c> with the ids of each split.</summary>
internal static class ScienceQaData
{
    /// <summary>The file of all questions.</summary>
    internal const string ProblemsFile = "problems.json";

    /// <summary>The file of the splits.</summary>
    internal const string SplitsFile = "pid_splits.json";

    // The official file has 30 MB.
    private const long LongestFile = 1L << 30;

    /// <summary>Reads the questions of a split.</summary>
    /// <param name="folder">The folder of both files.</param>
    /// <param name="split">The split's name, for example <c>test</c>.</param>
    /// <returns>The questions in the split's order.</returns>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is wrong, or there is no such split; the message names file and key.</exception>
    internal static IReadOnlyList<ScienceQaProblem> Load(string folder, string split) => Load(folder, (string[])[split])[0];

    /// <summary>Reads the questions of several splits.</summary>
    /// <param name="folder">The folder of both files.</param>
    /// <param name="splits">The splits' names.</param>
    /// <returns>The questions of each, in the split's order.</returns>
    internal static IReadOnlyList<ScienceQaProblem>[] Load(string folder, params ReadOnlySpan<string> splits)
    {
        string[][] ids = [.. ReadSplits(Path.Combine(folder, SplitsFile), splits)];
        string path = Path.Combine(folder, ProblemsFile);
        HashSet<string> wanted = [.. ids.SelectMany(static i => i)];
        Dictionary<string, ScienceQaProblem> problems = new(StringComparer.Ordinal);
        ConfigSection file = ConfigSection.Open(path, LongestFile);
        foreach ((string key, JsonElement value) in file.Entries)
        {
            if (wanted.Contains(key))
            {
                problems.Add(key, ScienceQaProblem.Read(key, file.Section(key, value)));
            }
        }

        return [.. ids.Select(list => (IReadOnlyList<ScienceQaProblem>)[.. list.Select(Find)])];

        ScienceQaProblem Find(string id) => problems.GetValueOrDefault(id)
            ?? throw new InvalidDataException($"{path}: there is no question {Quoted.Name(id)}, which {SplitsFile} lists.");
    }

    private static List<string[]> ReadSplits(string path, ReadOnlySpan<string> splits)
    {
        ConfigSection file = ConfigSection.Open(path, LongestFile);
        List<string[]> lists = [];
        foreach (string split in splits)
        {
            if (!file.Has(split))
            {
                throw new InvalidDataException(
                    $"{path} has no split {Quoted.Name(split)}; expected {string.Join(", ", file.Entries.Select(static e => Quoted.Line(e.Key)))}.");
            }

            string[] ids = file.OptionalTexts(split)!;
            HashSet<string> seen = new(StringComparer.Ordinal);
            lists.Add(
                ids.FirstOrDefault(id => !seen.Add(id)) is { } twice
                ? throw new InvalidDataException($"{path}: split {Quoted.Name(split)} lists {Quoted.Name(twice)} twice.") : ids);
        }

        return lists;
    }
}
