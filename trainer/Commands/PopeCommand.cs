using System.CommandLine;
using System.Globalization;
using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Evaluation.ShortAnswers;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava pope</c>: scores answers about objects that are there or not.</summary>
internal static class PopeCommand
{
    private static readonly string[] Paper =
    [
        "F1 in the paper (random, popular, adversarial): LLaVA-7B 76.3 72.2 70.1;",
        "LLaVA-1.5 7B 87.3 86.1 84.2; LLaVA-1.5 13B 87.1 86.2 84.5",
    ];

    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        Option<string> annotations =
            new("--annotations") { Description = "Folder of coco_pope_CATEGORY.json, JSON Lines with label.", Required = true };
        Option<string> questions =
            new("--questions") { Description = "JSON Lines with question_id, image, text and category.", Required = true };
        Option<string> answers = new("--answers") { Description = "JSON Lines with question_id and text.", Required = true };
        Option<bool> original = new("--original")
        {
            Description = "The original script's rules and output: labels by position, and what does not say no is a yes.",
        };
        Command command =
            new("pope", "Score POPE: accuracy, precision, recall and F1 by category.") { annotations, questions, answers, original };
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            (string folder, string asked, string answered) =
                (parsed.GetRequiredValue(annotations), parsed.GetRequiredValue(questions), parsed.GetRequiredValue(answers));
            if (!Directory.Exists(folder))
            {
                throw new DirectoryNotFoundException($"{annotations.Name} {folder}: there is no such folder.");
            }

            if (parsed.GetValue(original))
            {
                foreach (string line in OriginalPope.Lines(folder, asked, answered))
                {
                    output.WriteLine(line);
                }

                return ExitCode.Ok;
            }

            Print(output, PopeFiles.Read(folder, asked, answered));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Print(TextWriter output, List<PopeRow> rows)
    {
        output.WriteLine(
            $"{"category",-14} {"F1",6} {"acc",6} {"prec",6} {"recall",6} {"yes %",6}  {"right",6} {"wrong",6} {"no answer",10}");
        string[] categories = [.. rows.Select(static r => r.Category).Distinct()];
        foreach (string category in categories)
        {
            Row(category, new PopeScore([.. rows.Where(r => r.Category == category)]));
        }

        if (categories.Length > 1)
        {
            Row("all", new PopeScore(rows));
        }

        Array.ForEach(Paper, output.WriteLine);

        void Row(string name, PopeScore score) => output.WriteLine(
            $"{name,-14} {Percent(score.F1)} {Percent(score.Accuracy)} {Percent(score.Precision)} {Percent(score.Recall)} {Percent(score.YesRatio)}  "
            + $"{score.Count(Outcome.Right),6} {score.Count(Outcome.Wrong),6} {score.Count(Outcome.NoAnswer),10}");

        static string Percent(double share) =>
            (double.IsFinite(share) ? (100 * share).ToString("F1", CultureInfo.InvariantCulture) : "-").PadLeft(6);
    }
}
