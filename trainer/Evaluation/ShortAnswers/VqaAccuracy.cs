namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>
/// The accuracy of VQA: an answer counts as far as people gave it, a third for each of them, averaged over leaving out each person once.
/// </summary>
internal static class VqaAccuracy
{
    private const int Agreeing = 3;

    /// <summary>VQA's own scorer, for VQAv2 and VizWiz: where all people agree, answers are compared as they were typed.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="people">What people answered, usually ten.</param>
    /// <returns>0 to 1.</returns>
    internal static double Vqa(string answer, IReadOnlyList<string> people)
    {
        string[] typed = [.. people.Select(AnswerNormalizer.OnOneLine)];
        string given = AnswerNormalizer.OnOneLine(answer);
        return typed.Distinct(StringComparer.Ordinal).Count() > 1
            ? Share(AnswerNormalizer.Vqa(given), [.. typed.Select(AnswerNormalizer.Vqa)])
            : Share(given, typed);
    }

    /// <summary>TextVQA's scorer: answers are compared in EvalAI's form.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="people">What people answered, usually ten.</param>
    /// <returns>0 to 1.</returns>
    internal static double TextVqa(string answer, IReadOnlyList<string> people) =>
        Share(AnswerNormalizer.EvalAi(answer), [.. people.Select(AnswerNormalizer.EvalAi)]);

    // Summed one by one, as the scorers do, so that the digits are the same.
    private static double Share(string answer, string[] people)
    {
        int same = people.Count(person => person == answer);
        return people.Sum(person => Math.Min(1.0, (same - (person == answer ? 1 : 0)) / (double)Agreeing)) / people.Length;
    }
}
