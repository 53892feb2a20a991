using System.CommandLine;
using LlavaCuda.Trainer.Evaluation.ShortAnswers;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>A benchmark of short answers or letters, in the files in which it is published.</summary>
/// <param name="name">Its name on the command line.</param>
/// <param name="card">What is known of it.</param>
/// <param name="options">The options by which the user names its files.</param>
/// <param name="read">Reads the questions.</param>
/// <param name="judge">Judges an answer to a question whose truth is known.</param>
internal sealed class ShortBenchmark(
    string name,
    BenchmarkCard card,
    IReadOnlyList<Option> options,
    Func<ParseResult, IEnumerable<BenchmarkQuestion>> read,
    Func<ShortQuestion, string, Judgement> judge) : IBenchmark
{
    private IReadOnlyList<BenchmarkQuestion> _questions = [];

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public BenchmarkCard Card => card;

    /// <inheritdoc/>
    public IReadOnlyList<Option> Options => options;

    /// <summary>Gets what makes the figures.</summary>
    internal Func<IReadOnlyList<JudgedRow>, IEnumerable<BenchmarkFigure>> MakeFigures { get; init; } = BenchmarkFigure.Shares;

    /// <summary>Gets the name of the file that is handed in, and what makes it of questions and answers; null where there is none.</summary>
    internal (string Name, Func<IReadOnlyList<(ShortQuestion Question, string? Text)>, byte[]> Make)? HandIn { get; init; }

    /// <summary>Makes a question of the contract.</summary>
    internal static BenchmarkQuestion Of(ShortQuestion question) => new(
        new AskedQuestion(question.Id, question.Text, question.Image.Length == 0 ? null : question.Image, question.Text),
        question.Groups,
        string.Join(" | ", question.Answers.Distinct()),
        question)
    {
        IsJudged = question.Answers.Count > 0,
    };

    /// <inheritdoc/>
    public IReadOnlyList<BenchmarkQuestion> Read(ParseResult parsed) => _questions = [.. read(parsed)];

    /// <inheritdoc/>
    public Judgement Judge(BenchmarkQuestion question, string text) => judge((ShortQuestion)question.Source, text);

    /// <inheritdoc/>
    public IEnumerable<BenchmarkFigure> Figures(IReadOnlyList<JudgedRow> rows) => MakeFigures(rows);

    /// <inheritdoc/>
    public (string Name, byte[] Contents)? Submission(IReadOnlyList<JudgedRow> rows)
    {
        if (HandIn is not { } file)
        {
            return null;
        }

        Dictionary<string, string?> texts = rows.ToDictionary(static row => row.Id, static row => row.Text, StringComparer.Ordinal);
        return (file.Name, file.Make([.. _questions.Select(q => ((ShortQuestion)q.Source, texts.GetValueOrDefault(q.Asked.Id)))]));
    }
}
