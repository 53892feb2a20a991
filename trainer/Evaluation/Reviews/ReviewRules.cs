using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Evaluation.Reviews;

/// <summary>What a judge is told to do with a question of some category.</summary>
/// <param name="Role">What the two who answer are called.</param>
/// <param name="Prompt">The instruction.</param>
internal sealed record ReviewRule(string Role, string Prompt);

/// <summary>The rules by category: the project's own, or a user's <c>rule.json</c> in the original's layout.</summary>
internal sealed class ReviewRules
{
    /// <summary>The rule of categories that have none of their own, in benchmarks of text alone.</summary>
    internal const string Default = "default";

    private const string Resource = "reviews/rules.json";
    private readonly string _path;
    private readonly Dictionary<string, ReviewRule> _rules;

    private ReviewRules(ConfigSection file)
    {
        _path = file.Path;
        _rules = file.Entries.ToDictionary(
            static entry => entry.Key, entry => Read(file.Section(entry.Key, entry.Value)), StringComparer.Ordinal);
    }

    /// <summary>Gets the project's own rules.</summary>
    internal static ReviewRules Shipped { get; } = ReadShipped();

    /// <summary>Reads a file: an object of categories, each with <c>role</c> and <c>prompt</c>.</summary>
    /// <exception cref="InvalidDataException">It is none; the message names file, line and key.</exception>
    internal static ReviewRules Read(string path) => new(ConfigSection.Open(path));

    /// <summary>Gets the rule of a category.</summary>
    /// <param name="category">The category.</param>
    /// <param name="fallback">Another category whose rule counts where there is none, or null.</param>
    /// <exception cref="InvalidDataException">There is no rule.</exception>
    internal ReviewRule this[string category, string? fallback = null] =>
        _rules.GetValueOrDefault(category) ?? (fallback is null ? null : _rules.GetValueOrDefault(fallback))
        ?? throw new InvalidDataException(
            $"{_path} has no rule for the category {Quoted.Name(category)}; it has {string.Join(", ", _rules.Keys.Select(static key => Quoted.Line(key)))}.");

    private static ReviewRule Read(ConfigSection rule) => new(
        rule.OptionalText("role") ?? throw rule.Wrong("role", "a string"),
        rule.OptionalText("prompt") ?? throw rule.Wrong("prompt", "a string"));

    private static ReviewRules ReadShipped()
    {
        using Stream stream = typeof(ReviewRules).Assembly.GetManifestResourceStream(Resource)!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new ReviewRules(ConfigSection.Parse(bytes, "the built-in rules"));
    }
}
