using System.CommandLine;
using System.Text.Json;
using LlavaCuda.Trainer.Commands;
using LlavaCuda.Trainer.Evaluation.ScienceQa;

namespace LlavaCuda.Trainer.Evaluation.Benchmarks;

/// <summary>ScienceQA, asked for a letter or for reasoning, by the rules of <c>llava scienceqa</c>.</summary>
internal sealed class ScienceQaBenchmark : IBenchmark
{
    /// <summary>What is added to a question that is answered by a letter.</summary>
    internal const string LetterSentence = "Answer with the option's letter from the given choices directly.";

    private readonly ScienceQaDataOptions _data = new();
    private readonly Option<string> _format = new("--format")
    {
        Description = "How questions are written, see scienceqa convert.",
        DefaultValueFactory = static _ => "QCM-LEA",
    };
    private readonly Option<bool> _letter = new("--single-pred-prompt") { Description = "Ask for the option's letter alone." };
    private readonly Option<bool> _loose = new("--loose") { Description = "Find letters in more forms than the original does." };
    private bool _isLoose;

    /// <inheritdoc/>
    public string Name => "scienceqa";

    /// <inheritdoc/>
    public BenchmarkCard Card { get; } = new(
        "ScienceQA: school questions with options, about half of them with an image",
        "https://github.com/lupantech/ScienceQA (data/scienceqa; images as its README says)",
        "CC BY-NC-SA 4.0",
        "test split: 4,241 questions, 2,017 of them with an image",
        [
            new BenchmarkFile("problems.json"),
            new BenchmarkFile("pid_splits.json", 502_927, "85c7820b9f136e572579a01dab2c77a7f8140b59211e421fa5182491d45ee3a7"),
        ])
    {
        Published =
        [
            .. ScienceQaGroups.Paper.Where(static row => row.Name.StartsWith("LLaVA", StringComparison.Ordinal)).SelectMany(
                static row => row.Accuracy.Select((value, i) => new PublishedFigure(row.Name, NameOf(ScienceQaGroups.All[i].Name), value))),
            new PublishedFigure("LLaVA-1.5 7B", "IMG", 66.8),
            new PublishedFigure("LLaVA-1.5 13B", "IMG", 71.6),
        ],
    };

    /// <inheritdoc/>
    public IReadOnlyList<Option> Options => [.. _data.All, _format, _letter, _loose];

    /// <inheritdoc/>
    public IReadOnlyList<BenchmarkQuestion> Read(ParseResult parsed)
    {
        ScienceQaFormat format = ScienceQaFormat.Parse(parsed.GetRequiredValue(_format));
        string suffix = parsed.GetValue(_letter) ? $"\n{LetterSentence}" : string.Empty;
        _isLoose = parsed.GetValue(_loose);
        return [.. _data.Load(parsed).Select(problem =>
        {
            string text = format.Render(problem, captions: false).Prompt + suffix;
            string id = $"\"{JsonEncodedText.Encode(problem.Id)}\"";
            string recorded = problem.Image is null ? text : $"<image>\n{text}";
            string[] groups = [.. ScienceQaGroups.All.Where(group => NameOf(group.Name) != BenchmarkFigure.All && group.Holds(problem)).Select(static g => g.Name)];
            return new BenchmarkQuestion(new AskedQuestion(id, text, problem.ImagePath, recorded), groups, $"{problem.AnswerLetter}", problem)
            {
                Choices = [.. problem.Choices.Select((_, i) => suffix.Length > 0 ? $"{ScienceQaProblem.Letters[i]}" : $"The answer is {ScienceQaProblem.Letters[i]}.")],
            };
        })];
    }

    /// <inheritdoc/>
    public Judgement Judge(BenchmarkQuestion question, string text)
    {
        ScoredQuestion scored = ScoredQuestion.Of((ScienceQaProblem)question.Source, text, _isLoose);
        return Judgement.Of(scored.Outcome, scored.Answer.Letter?.ToString());
    }

    /// <inheritdoc/>
    public IEnumerable<BenchmarkFigure> Figures(IReadOnlyList<JudgedRow> rows)
    {
        Dictionary<string, int> order = ScienceQaGroups.All.Select(static (group, i) => (group.Name, i)).ToDictionary();
        return BenchmarkFigure.Shares(rows).OrderBy(figure => order.GetValueOrDefault(figure.Name, int.MaxValue));
    }

    private static string NameOf(string column) => column == "Avg" ? BenchmarkFigure.All : column;
}
