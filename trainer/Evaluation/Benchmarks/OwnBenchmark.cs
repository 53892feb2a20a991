using System.CommandLine;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>Questions of one's own, with one or several right answers each, compared word by word.</summary>
internal sealed class OwnBenchmark : IBenchmark
{
    private readonly Option<string> _questions = new("--questions")
    {
        Description = "JSON Lines with question_id, text, answer (or a list: answers), and perhaps image, category and choices (a list).",
        Required = true,
    };
    private readonly Option<bool> _contains = new("--contains")
    {
        Description = "An answer is right where it holds a right one among other words.",
    };
    private bool _isContained;

    /// <inheritdoc/>
    public string Name => "own";

    /// <inheritdoc/>
    public BenchmarkCard Card { get; } = new(
        "Questions of your own, in JSON Lines", "your files", "yours", "any number of questions", []);

    /// <inheritdoc/>
    public IReadOnlyList<Option> Options => [_questions, _contains];

    /// <inheritdoc/>
    public IReadOnlyList<BenchmarkQuestion> Read(ParseResult parsed)
    {
        _isContained = parsed.GetValue(_contains);
        string file = parsed.GetRequiredValue(_questions);
        List<AskedQuestion> asked = AskedQuestion.ReadLines(file);
        return [.. JsonLines.Read(file).Zip(asked, static (line, question) =>
        {
            ConfigSection row = line.Row;
            string[] answers = row.Has("answers")
                ? row.OptionalTexts("answers")!
                : [row.OptionalText("answer") ?? throw row.Wrong("answer", "the right answer")];
            string[][] words = [.. answers.Select(Words)];
            string[] choices = row.OptionalTexts("choices") ?? [];
            return words.Length == 0 || words.Any(static answer => answer.Length == 0)
                ? throw row.Wrong(row.Has("answers") ? "answers" : "answer", "answers with words")
                : choices.Length > 0 && !choices.Any(choice => words.Any(answer => Words(choice).SequenceEqual(answer)))
                ? throw row.Wrong("choices", "a list with the right answer in it")
                : new BenchmarkQuestion(
                    question,
                    row.OptionalText("category") is { } category ? [category] : [],
                    string.Join(" | ", answers),
                    words)
                { Choices = choices, Cluster = question.Image };
        })];
    }

    /// <inheritdoc/>
    public Judgement Judge(BenchmarkQuestion question, string text)
    {
        string[] words = Words(text);
        string found = string.Join(' ', words);
        return words.Length == 0
            ? Judgement.Of(Outcome.NoAnswer, null)
            : Judgement.Of(((string[][])question.Source).Any(answer => Matches(answer, words)) ? Outcome.Right : Outcome.Wrong, found);
    }

    private static string[] Words(string text) =>
        string.Concat(text.Select(static c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' '))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private bool Matches(string[] answer, string[] words) => _isContained
        ? Enumerable.Range(0, Math.Max(words.Length - answer.Length + 1, 0)).Any(at => words.AsSpan(at, answer.Length).SequenceEqual(answer))
        : words.AsSpan().SequenceEqual(answer);
}
