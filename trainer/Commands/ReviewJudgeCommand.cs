using System.CommandLine;
using LlavaCuda.Checkpoints;
using LlavaCuda.Formats;
using LlavaCuda.Trainer.Asking;
using LlavaCuda.Trainer.Evaluation.Reviews;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava review judge</c>: has a model compare two answers to each question.</summary>
internal static class ReviewJudgeCommand
{
    private const string ReviewFile = "reviews.jsonl";
    private const int MostRepetitions = 1000;

    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        Option<ReviewBenchmark> benchmark = new("--benchmark")
        {
            HelpName = "coco|wild|text",
            Description = "LLaVA-Bench (COCO), LLaVA-Bench (In-the-Wild), or text alone as Vicuna-80.",
            Required = true,
        };
        Option<string> questions = new("--questions")
        {
            Description = "JSON Lines with question_id, text, category and, but for text, image.",
            Required = true,
        };
        Option<string?> context = new("--context")
        {
            Description = "JSON Lines of what stands for each image: captions and instances (coco), or caption (wild).",
        };
        Option<string[]> answers = new("--answers")
        {
            Description = "Two files of answers, JSON Lines with question_id and text: the reference first.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        Option<string?> rules = new("--rules")
        {
            Description = "A rule.json in the original's layout; by default rules in the project's own words.",
        };
        Option<string> output = new("--out") { Description = $"Folder of {ReviewFile} and of the store of calls.", Required = true };
        Option<bool> bothOrders = new("--both-orders") { Description = "Judge each pair in both orders, and print what the order does." };
        Option<int> repeat = new("--repeat")
        {
            Description = "How often each is judged; the spread is printed.",
            DefaultValueFactory = static _ => 1,
        };
        Option<bool> original = new("--original")
        {
            Description = "As the original scripts: rows belong together by their place, and a failed judgement is written and counted as -1.",
        };
        AskingOptions asking = new();
        Command command = new("judge", "Have a model score two answers to each question.")
        {
            benchmark, questions, context, answers, rules, output, bothOrders, repeat, original,
        };
        asking.AddTo(command);
        command.SetAction(parsed =>
        {
            ReviewBenchmark chosen = parsed.GetRequiredValue(benchmark);
            string[] files = parsed.GetRequiredValue(answers);
            Refuse(files.Length != 2, $"{answers.Name} names {files.Length} files; expected two, the reference first.");
            Refuse(chosen == ReviewBenchmark.Text != parsed.GetValue(context) is null, chosen == ReviewBenchmark.Text
                ? $"{context.Name} is of images, which {benchmark.Name} text does not have."
                : $"{context.Name} is missing; expected the file of what stands for the images.");
            int repetitions = parsed.GetValue(repeat);
            Refuse(repetitions is < 1 or > MostRepetitions, $"{repeat.Name} is {repetitions}; expected 1 to {MostRepetitions}.");
            bool asOriginal = parsed.GetValue(original), both = parsed.GetValue(bothOrders);
            Refuse(
                asOriginal && (both || repetitions > 1),
                $"{original.Name} judges once and in one order; leave out {bothOrders.Name} and {repeat.Name}.");
            ReviewInputs inputs = new(
                chosen,
                parsed.GetRequiredValue(questions),
                parsed.GetValue(context),
                files[0],
                files[1],
                parsed.GetValue(rules) is { } path ? ReviewRules.Read(path) : ReviewRules.Shipped);
            ReviewJudge judge = new(inputs.Read(asOriginal), repetitions, both, asOriginal);
            return Run(parsed, asking, judge, parsed.GetRequiredValue(output), asOriginal);
        });
        return command;
    }

    private static int Run(ParseResult parsed, AskingOptions asking, ReviewJudge judge, string folder, bool original)
    {
        using OutputLock held = OutputLock.Take(folder);
        using InterruptScope interrupt = new();
        using AskingSession session = asking.Open(parsed, folder);
        string file = Path.Combine(folder, ReviewFile);
        if (File.Exists(file) && Review.Read(file).FirstOrDefault()?.Judge is { } other && other != session.Caller.Model)
        {
            throw new ArgumentException(
                $"{file} holds judgements of {Quoted.Name(other)}; choose another --out for {Quoted.Name(session.Caller.Model)}.");
        }

        TextWriter error = parsed.InvocationConfiguration.Error, output = parsed.InvocationConfiguration.Output;
        if (session.SendsNothing)
        {
            session.Instead(judge.Calls, output);
            return ExitCode.Ok;
        }

        try
        {
            IAsyncEnumerable<CallOutcome> outcomes = session.RunAsync(judge.Calls, judge.Count, error, interrupt.Token);
            List<Review> reviews = [.. judge.Rows(outcomes.ToBlockingEnumerable(interrupt.Token), session.Caller.Model)];
            if (reviews.Count > 0 && reviews.TrueForAll(static review => review.Content is null))
            {
                throw new IOException($"None of {reviews.Count} requests was answered: {reviews[0].Failure}.");
            }

            AtomicFile.Write(file, stream => reviews.ForEach(review => review.Write(stream, original)));
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("llava: interrupted; what was judged is kept, and the same command goes on from here");
            return ExitCode.Interrupted;
        }

        if (original)
        {
            foreach (string line in OriginalReviewSummary.Lines(file, []))
            {
                output.WriteLine(line);
            }

            return ExitCode.Ok;
        }

        ReviewReport.Print(output, file, [.. Review.Read(file)]);
        return ExitCode.Ok;
    }

    private static void Refuse(bool holds, string message)
    {
        if (holds)
        {
            throw new ArgumentException(message);
        }
    }
}
