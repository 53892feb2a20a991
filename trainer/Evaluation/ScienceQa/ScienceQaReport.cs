using System.Globalization;

namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>Prints scores next to those of the paper.</summary>
internal static class ScienceQaReport
{
    private const int NameWidth = 24;

    /// <summary>Prints the table of accuracies, the outcomes of each group, and why answers are missing.</summary>
    /// <param name="output">Where.</param>
    /// <param name="scores">The scores, the one that is told in full last.</param>
    internal static void Print(TextWriter output, params IReadOnlyList<ScienceQaScore> scores)
    {
        ScienceQaScore main = scores[^1];
        output.WriteLine($"{"accuracy, %",-NameWidth}{string.Concat(ScienceQaGroups.All.Select(static g => $"{g.Name,6}"))}");
        foreach ((string name, double[] accuracy) in ScienceQaGroups.Paper)
        {
            Row(name, accuracy);
        }

        output.WriteLine(new string('-', NameWidth + (6 * ScienceQaGroups.All.Count)));
        foreach (ScienceQaScore score in scores)
        {
            Row(score.Name, ScienceQaGroups.All.Select(g => score.Accuracy(g.Holds)));
        }

        output.WriteLine();
        output.WriteLine($"{main.Name,-NameWidth} {"right",7} {"wrong",7} {"no answer",10} {"questions",10}");
        foreach ((string name, Func<ScienceQaProblem, bool> holds) in ScienceQaGroups.All)
        {
            int right = main.Count(Outcome.Right, holds), wrong = main.Count(Outcome.Wrong, holds),
                none = main.Count(Outcome.NoAnswer, holds);
            output.WriteLine($"{name,-NameWidth} {right,7} {wrong,7} {none,10} {right + wrong + none,10}");
        }

        IEnumerable<ScoredQuestion> unanswered = main.Rows.Where(static r => r.Reason is not null);
        foreach (IGrouping<string, ScoredQuestion> group in unanswered.GroupBy(static r => r.Reason!))
        {
            output.WriteLine($"no answer, {group.Key}: {group.Count()} (first: question {group.First().Problem.Id})");
        }

        output.WriteLine("LLaVA-1.5 reports IMG alone, by its own prompts: 7B 66.8, 13B 71.6.");
        if (main.Rows.Count != ScienceQaGroups.OfficialTestCount)
        {
            const int Official = ScienceQaGroups.OfficialTestCount;
            output.WriteLine($"The paper's rows are of the official test split, {Official} questions; these are {main.Rows.Count}.");
        }

        void Row(string name, IEnumerable<double> accuracy)
        {
            string shown = name.Length < NameWidth ? name : name[..(NameWidth - 1)];
            output.WriteLine($"{shown,-NameWidth}{string.Concat(accuracy.Select(static a => Shown(a).PadLeft(6)))}");
        }

        static string Shown(double accuracy) =>
            double.IsNaN(accuracy) ? "-" : accuracy.ToString(accuracy < 99.995 ? "F2" : "F1", CultureInfo.InvariantCulture);
    }
}
