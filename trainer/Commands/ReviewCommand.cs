using System.CommandLine;
using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Evaluation.Reviews;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava review</c>: answers compared by a judge, as in LLaVA-Bench and Vicuna's 80 questions.</summary>
internal static class ReviewCommand
{
    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create() =>
        new("review", "LLaVA-Bench and Vicuna-80: let a model judge two answers to each question, and sum up.")
    {
        AnsweringCommand.Create("JSON Lines with question_id, text and perhaps image.", static (_, file) => AskedQuestion.ReadLines(file)),
        ReviewJudgeCommand.Create(), CreateSummarize(),
    };

    private static Command CreateSummarize()
    {
        Argument<string[]> files = new("files") { Description = "Review files.", Arity = ArgumentArity.OneOrMore };
        Option<long[]> ignored = new("--ignore")
        {
            Description = "Ids of questions that do not count; may be given several times.",
            DefaultValueFactory = static _ => [],
            AllowMultipleArgumentsPerToken = true,
        };
        Option<bool> again =
            new("--parse-again") { Description = "Read the scores from the judge's texts once more, where they are stored or failed." };
        Option<bool> original = new("--original")
        {
            Description = "The original script's arithmetic and output: a judgement that failed counts as a score of -1.",
        };
        Command command =
            new("summarize", "Print relative scores by category, with what failed next to them.") { files, ignored, again, original };
        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            HashSet<long> ignore = [.. parsed.GetValue(ignored)!];
            if (parsed.GetValue(original))
            {
                if (parsed.GetValue(again))
                {
                    throw new ArgumentException("--parse-again has no effect with --original, which takes the scores as they are stored.");
                }

                foreach (string line in parsed.GetRequiredValue(files).Order(StringComparer.Ordinal)
                    .SelectMany(path => OriginalReviewSummary.Lines(path, ignore)))
                {
                    output.WriteLine(line);
                }

                return ExitCode.Ok;
            }

            foreach (string path in parsed.GetRequiredValue(files))
            {
                List<Review> reviews =
                    [.. Review.Read(path).Where(r => !long.TryParse(r.QuestionId.Trim('"'), out long id) || !ignore.Contains(id))
                    .Select(r => r.Checked(parsed.GetValue(again)))];
                if (reviews.Count == 0)
                {
                    throw new InvalidDataException(
                        $"{path} has no judgements{(ignore.Count > 0 ? " besides the ignored" : string.Empty)}.");
                }

                ReviewReport.Print(output, Path.GetFileName(path), reviews);
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
