using System.Globalization;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>
/// The arithmetic and the lines of the original's two ensembles, to the digit. Where they find no valid letter they take an option at
/// random; here the
/// seed, the source and the question's id choose it, so that the same command gives the same figures.
/// </summary>
/// <param name="problems">The questions of the split.</param>
/// <param name="ours">The model's answers.</param>
/// <param name="gpt4">The text-only model's answers.</param>
/// <param name="seed">Chooses options where there is no answer.</param>
internal sealed class OriginalEnsemble(
    IReadOnlyList<ScienceQaProblem> problems, IReadOnlyDictionary<string, Prediction> ours, IReadOnlyDictionary<string, Prediction> gpt4,
    ulong seed)
{
    /// <summary>Writes what <c>eval_science_qa_gpt4.py</c> prints: the other model's answer where it gives one, else ours. Questions that
    /// a file lacks do not count.</summary>
    internal IEnumerable<string> Complement()
    {
        (int total, int correct, int upper, int failed) = (0, 0, 0, 0);
        foreach (ScienceQaProblem problem in problems.Where(p => ours.ContainsKey(p.Id) && gpt4.ContainsKey(p.Id)))
        {
            ScienceQaAnswer theirs = ScienceQaAnswer.ParseSentence(gpt4[problem.Id].Text);
            int ourIndex = Index(problem, "ours", ScienceQaAnswer.ParseSentence(ours[problem.Id].Text));
            int index = theirs.Letter is null ? ourIndex : Index(problem, "gpt4", theirs);
            total++;
            failed += theirs.Letter is null ? 1 : 0;
            correct += index == problem.Answer ? 1 : 0;
            upper += index == problem.Answer || ourIndex == problem.Answer ? 1 : 0;
        }

        RequireAny(total);
        yield return Line(total, "Correct", correct, "Accuracy");
        yield return Line(total, "Correct (upper)", upper, "Accuracy");
        yield return Line(total, "GPT-4 NO-ANS (RANDOM)", failed, "Percentage");
    }

    /// <summary>Writes what <c>eval_science_qa_gpt4_requery.py</c> prints: the judge's answer where it gives one, else ours.</summary>
    /// <param name="judged">The judge's answers; those that are missing count as answers without a letter.</param>
    /// <param name="resultFile">Receives the result file, or null.</param>
    /// <exception cref="InvalidDataException">A question is not in both files.</exception>
    internal IEnumerable<string> Judge(IReadOnlyDictionary<string, Prediction> judged, string? resultFile)
    {
        (int ourCorrect, int theirCorrect, int failed, int combined, int correct, int upper) = (0, 0, 0, 0, 0, 0);
        List<(string Id, int Index, string? Text)> results = [];
        foreach (ScienceQaProblem problem in problems)
        {
            Prediction our = Require(ours, problem, "ours"), their = Require(gpt4, problem, "of GPT-4");
            Prediction again = judged.GetValueOrDefault(problem.Id, new Prediction("MISSING", null));
            (ScienceQaAnswer a, ScienceQaAnswer b, ScienceQaAnswer c) =
                (ScienceQaAnswer.ParseSentence(our.Text), ScienceQaAnswer.ParseSentence(their.Text),
                ScienceQaAnswer.ParseSentence(again.Text));
            (int ourIndex, int theirIndex, int againIndex) =
                (Index(problem, "ours", a), Index(problem, "gpt4", b), Index(problem, "requery", c));
            int index = c.Letter is null ? ourIndex : againIndex;
            results.Add((problem.Id, index, null));
            ourCorrect += Right(ourIndex);
            theirCorrect += Right(theirIndex);
            failed += b.Letter is null ? 1 : 0;
            combined += Right(b.Letter is null ? ourIndex : theirIndex);
            correct += Right(index);
            upper += Math.Max(Right(theirIndex), Right(ourIndex));
            if (c.Letter is not null && Right(index) == 0)
            {
                yield return string.Empty;
                yield return $"Question ({problem.AnswerLetter}): {our.Prompt}";
                yield return $"Our ({a.Text}): {our.Text}";
                yield return $"GPT-4 ({b.Text}): {their.Text}";
                yield return $"Requery ({c.Text}): {again.Text}";
                yield return "print(\"=====================================\")";
                yield return string.Empty;
            }

            int Right(int chosen) => chosen == problem.Answer ? 1 : 0;
        }

        int total = problems.Count;
        RequireAny(total);
        yield return Line(total, "Our-Correct", ourCorrect, "Accuracy");
        yield return Line(total, "GPT-4-Correct", theirCorrect, "Accuracy");
        yield return Line(total, "GPT-4 NO-ANS (RANDOM)", failed, "Percentage");
        yield return Line(total, "GPT-4-OursVisual-Correct", combined, "Accuracy");
        yield return Line(total, "Requery-Correct", correct, "Accuracy");
        yield return Line(total, "Correct upper", upper, "Accuracy");
        if (resultFile is not null)
        {
            OriginalScore.WriteResults(resultFile, correct / (double)total * 100, correct, results);
        }
    }

    private static string Line(int total, string name, int count, string share) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"Total: {total}, {name}: {count}, {share}: {PythonNumbers.Fixed(count / (double)total * 100, 2)}%");

    private static void RequireAny(int total)
    {
        if (total == 0)
        {
            throw new InvalidDataException("No question of the split is in both answer files.");
        }
    }

    private static Prediction Require(IReadOnlyDictionary<string, Prediction> predictions, ScienceQaProblem problem, string whose) =>
        predictions.TryGetValue(problem.Id, out Prediction prediction) ? prediction
            : throw new InvalidDataException(
            $"The answers {whose} lack question '{problem.Id}'; the judge needs both answers to every question of the split.");

    private int Index(ScienceQaProblem problem, string source, ScienceQaAnswer answer) =>
        answer.Letter is { } letter && ScienceQaProblem.Letters.IndexOf(letter) is var index && index >= 0 && index < problem.Choices.Count
            ? index
        : new CounterRandom(seed, $"{source} {problem.Id}").Below(0, problem.Choices.Count);
}
