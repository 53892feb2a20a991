using LlavaCuda.Tensors;
using LlavaCuda.Trainer.Asking;

namespace LlavaCuda.Trainer.Generating;

/// <summary>Counts of a run, and some of its samples to look at.</summary>
/// <param name="seed">Chooses those samples.</param>
internal sealed class GenerationStatistics(ulong seed)
{
    /// <summary>How many samples are shown.</summary>
    internal const int ShownSamples = 12;
    private const int OpeningWords = 2;
    private readonly Dictionary<ResponseType, TypeCounts> _types = [];
    private readonly PriorityQueue<GeneratedSample, ulong> _shown =
        new(Comparer<ulong>.Create(static (one, other) => other.CompareTo(one)));

    /// <summary>Gets the tokens of all requests and answers.</summary>
    internal CallUsage Used { get; private set; }

    /// <summary>Gets the counts of the types that were asked for.</summary>
    internal IEnumerable<(ResponseType Type, TypeCounts Counts)> Types =>
        ResponseType.All.Where(_types.ContainsKey).Select(type => (type, _types[type]));

    /// <summary>Gets some samples, drawn at random, in the order of their images.</summary>
    internal IEnumerable<GeneratedSample> Shown => _shown.UnorderedItems.Select(static item => item.Element)
        .OrderBy(static sample => sample.Image.Id).ThenBy(static sample => sample.Type.Name, StringComparer.Ordinal);

    /// <summary>Counts a request.</summary>
    internal void Count(ResponseType type, CallOutcome outcome)
    {
        TypeCounts counts = Of(type);
        counts.Asked++;
        counts.Open += outcome.IsOpen ? 1 : 0;
        counts.WhyOpen ??= outcome.IsOpen ? outcome.Failure : null;
        Used += outcome.IsBatch
            ? new CallUsage(0, 0, outcome.PromptTokens, outcome.AnswerTokens)
            : new CallUsage(outcome.PromptTokens, outcome.AnswerTokens);
    }

    /// <summary>Counts what was not used of a reply.</summary>
    internal void Drop(ResponseType type, ParsedReply parsed)
    {
        TypeCounts counts = Of(type);
        counts.Useless += parsed.Pairs.Count == 0 ? 1 : 0;
        foreach ((string reason, _) in parsed.Dropped)
        {
            Increment(counts.Dropped, reason);
        }
    }

    /// <summary>Counts a sample.</summary>
    internal void Add(GeneratedSample sample, ParsedReply parsed)
    {
        TypeCounts counts = Of(sample.Type);
        counts.Made++;
        foreach (string repair in parsed.Repairs)
        {
            Increment(counts.Repairs, repair);
        }

        foreach ((string question, string answer) in sample.Pairs)
        {
            counts.Questions++;
            counts.QuestionWords += Words(question);
            counts.AnswerWords += Words(answer);
            if (sample.Type != ResponseType.Detail)
            {
                // Those of descriptions are ours.
                Increment(counts.Openings, Opening(question));
            }
        }

        _shown.Enqueue(sample, new CounterRandom(seed, $"shown, {sample.Type.Name}").Bits((ulong)sample.Image.Id));
        if (_shown.Count > ShownSamples)
        {
            _shown.Dequeue();
        }
    }

    private static long Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

    private static string Opening(string question)
    {
        IEnumerable<string> words = question.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(OpeningWords);
        return string.Join(' ', words).TrimEnd('?', ',', '.').ToLowerInvariant();
    }

    private static void Increment(Dictionary<string, int> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;

    private TypeCounts Of(ResponseType type) => _types.TryGetValue(type, out TypeCounts? counts) ? counts : _types[type] = new TypeCounts();
}

/// <summary>The counts of one type of samples.</summary>
internal sealed class TypeCounts
{
    /// <summary>Gets the number of requests.</summary>
    internal int Asked { get; set; }

    /// <summary>Gets the number of samples.</summary>
    internal int Made { get; set; }

    /// <summary>Gets the number of replies of which nothing was used.</summary>
    internal int Useless { get; set; }

    /// <summary>Gets the number of requests that are still open.</summary>
    internal int Open { get; set; }

    /// <summary>Gets why the first of them is.</summary>
    internal string? WhyOpen { get; set; }

    /// <summary>Gets the number of questions.</summary>
    internal long Questions { get; set; }

    /// <summary>Gets the words of all questions.</summary>
    internal long QuestionWords { get; set; }

    /// <summary>Gets the words of all answers.</summary>
    internal long AnswerWords { get; set; }

    /// <summary>Gets why parts were dropped, and how many.</summary>
    internal Dictionary<string, int> Dropped { get; } = [];

    /// <summary>Gets what was repaired, and how often.</summary>
    internal Dictionary<string, int> Repairs { get; } = [];

    /// <summary>Gets the first words of questions, and how many begin so.</summary>
    internal Dictionary<string, int> Openings { get; } = [];
}
