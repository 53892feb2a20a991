namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>A question with what came of it.</summary>
/// <param name="Problem">The question.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Answer">The letter that was found.</param>
/// <param name="Reason">Why there is no answer, or null.</param>
internal sealed record ScoredQuestion(ScienceQaProblem Problem, Outcome Outcome, ScienceQaAnswer Answer, string? Reason)
{
    /// <summary>Judges an answer.</summary>
    /// <param name="problem">The question.</param>
    /// <param name="text">The answer, or null where there is none.</param>
    /// <param name="loose">Whether forms that the original does not know count.</param>
    internal static ScoredQuestion Of(ScienceQaProblem problem, string? text, bool loose)
    {
        ScienceQaAnswer answer = text is null ? default : loose ? ScienceQaAnswer.ParseLoosely(text, problem.Choices)
            : ScienceQaAnswer.Parse(text);
        return Of(problem, answer, text is null ? "not answered" : text.Trim().Length == 0 ? "the answer is empty" : "no letter was found");
    }

    /// <summary>Judges a letter.</summary>
    /// <param name="problem">The question.</param>
    /// <param name="answer">The letter.</param>
    /// <param name="reason">Why there is none, where there is none.</param>
    internal static ScoredQuestion Of(ScienceQaProblem problem, ScienceQaAnswer answer, string reason) => answer.Letter switch
    {
        null => new(problem, Outcome.NoAnswer, answer, reason),
        { } letter when ScienceQaProblem.Letters.IndexOf(letter) is var index && (index < 0 || index >= problem.Choices.Count) =>
            new(problem, Outcome.NoAnswer, answer, "the letter is none of the options"),
        { } letter => new(problem, letter == problem.AnswerLetter ? Outcome.Right : Outcome.Wrong, answer, null),
    };
}

/// <summary>The outcomes of the questions of a split.</summary>
/// <param name="Name">What was scored.</param>
/// <param name="Rows">The questions.</param>
internal sealed record ScienceQaScore(string Name, IReadOnlyList<ScoredQuestion> Rows)
{
    /// <summary>Scores answers.</summary>
    /// <param name="name">Whose.</param>
    /// <param name="problems">The questions.</param>
    /// <param name="predictions">The answers.</param>
    /// <param name="loose">Whether forms that the original does not know count.</param>
    internal static ScienceQaScore Of(
        string name, IReadOnlyList<ScienceQaProblem> problems, IReadOnlyDictionary<string, Prediction> predictions, bool loose) =>
        new(name, [.. problems
            .Select(problem => ScoredQuestion.Of(problem, predictions.TryGetValue(problem.Id, out Prediction p) ? p.Text : null, loose))]);

    /// <summary>Counts outcomes.</summary>
    /// <param name="outcome">Which.</param>
    /// <param name="holds">Among which questions.</param>
    internal int Count(Outcome outcome, Func<ScienceQaProblem, bool> holds) => Rows.Count(r => r.Outcome == outcome && holds(r.Problem));

    /// <summary>Gets the share of right answers among all questions of a group, in percent; NaN of an empty group.</summary>
    /// <param name="holds">The group.</param>
    internal double Accuracy(Func<ScienceQaProblem, bool> holds) => 100.0 * Count(Outcome.Right, holds) / Rows.Count(r => holds(r.Problem));
}
