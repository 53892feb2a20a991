namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>
/// The paper's two ensembles of a model with vision and a text-only one. Nothing is drawn at random: a question that neither answers has
/// no answer.
/// </summary>
/// <param name="Ours">The model's outcomes.</param>
/// <param name="Theirs">The text-only model's outcomes, of the same questions.</param>
internal sealed record ScienceQaEnsemble(ScienceQaScore Ours, ScienceQaScore Theirs)
{
    /// <summary>Gets the questions that the two answer differently, one of them perhaps not at all: what a judge is asked.</summary>
    internal IEnumerable<ScienceQaProblem> Disputed =>
        Ours.Rows.Zip(Theirs.Rows).Where(static pair => Option(pair.First) != Option(pair.Second))
            .Select(static pair => pair.First.Problem);

    /// <summary>Gets the number of questions that at least one of the two answers right.</summary>
    internal int UpperBound =>
        Ours.Rows.Zip(Theirs.Rows).Count(static pair => pair.First.Outcome == Outcome.Right || pair.Second.Outcome == Outcome.Right);

    /// <summary>The text-only model's answer where it gives one, else ours.</summary>
    internal ScienceQaScore Complement() => Combine("complement", static (ours, theirs) => Option(theirs) is null ? ours : theirs);

    /// <summary>The judge's answer where it gives one, else ours.</summary>
    /// <param name="judged">The judge's outcomes.</param>
    internal ScienceQaScore Judge(ScienceQaScore judged) =>
        new("judge", [.. Ours.Rows.Zip(judged.Rows).Select(static pair => Option(pair.Second) is null ? pair.First : pair.Second)]);

    private static char? Option(ScoredQuestion question) => question.Outcome == Outcome.NoAnswer ? null : question.Answer.Letter;

    private ScienceQaScore Combine(string name, Func<ScoredQuestion, ScoredQuestion, ScoredQuestion> choose) =>
        new(name, [.. Ours.Rows.Zip(Theirs.Rows, choose)]);
}
