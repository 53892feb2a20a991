using System.CommandLine;
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Trainer.Evaluation.ScienceQa;
using LlavaCuda.Trainer.Metrics;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava scienceqa</c>: ScienceQA as conversations, its scores, and the paper's two ensembles.</summary>
internal static class ScienceQaCommand
{
    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create() =>
        new("scienceqa", "ScienceQA: write it as conversations, score answers, combine them with a text-only model's.")
    {
        CreateConvert(), CreateAnswer(), CreateScore(), ScienceQaEnsembleCommands.CreateComplement(), ScienceQaEnsembleCommands.CreateJudge(),
    };

    private static Command CreateConvert()
    {
        ScienceQaDataOptions data = new();
        Option<string> format = new("--format")
        {
            Description =
                "INPUT-OUTPUT in letters: Q question, C context, M options, A answer, L lecture, E explanation. LEA reasons first, ALE answers first.",
            DefaultValueFactory = static _ => "QCM-LEA",
        };
        Option<bool> lines = new("--lines") { Description = "JSON Lines with instruction and output instead of conversations." };
        Option<bool> captions =
            new("--captions") { Description = "Put the images' captions, which the official data does not have, into the context." };
        Option<string?> output = new("--out") { Description = "The file; by default the original's name for it, next to the data." };
        Command command = new("convert", "Write a split as LLaVA's conversations.") { format, lines, captions, output };
        data.AddTo(command);
        command.SetAction(parsed =>
        {
            ScienceQaFormat chosen = ScienceQaFormat.Parse(parsed.GetRequiredValue(format));
            string split = data.Split(parsed);
            string file = parsed.GetValue(output)
                ?? Path.Combine(data.Folder(parsed), ScienceQaConverter.FileName(split, chosen, parsed.GetValue(lines)));
            FileOption.Require("--out", file);
            IReadOnlyList<ScienceQaProblem> problems = data.Load(parsed);
            if (parsed.GetValue(captions) && problems.FirstOrDefault(static p => p is { Image: not null, Caption: null }) is { } bare)
            {
                throw new InvalidDataException($"Question '{bare.Id}' has an image and no caption, which --captions needs.");
            }

            if (chosen.IsSwapped)
            {
                parsed.InvocationConfiguration.Error.WriteLine(
                    "warning: as in the original converter, AL holds the solution and AE the lecture.");
            }

            Action<string, IEnumerable<ScienceQaProblem>, ScienceQaFormat, bool> write = parsed.GetValue(lines)
                ? ScienceQaConverter.WriteLines : ScienceQaConverter.Write;
            write(file, problems, chosen, parsed.GetValue(captions));
            parsed.InvocationConfiguration.Output.WriteLine(
                $"{problems.Count} samples, {problems.Count(static p => p.Image is not null)} of them with an image, in {file}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command CreateAnswer()
    {
        Option<string> questions = new("--questions") { Description = "A file of conversations from convert; their first turns are asked.", Required = true };
        Option<string?> images = new("--images") { Description = "The folder that the images' paths begin at." };
        Option<string> output = new("--out") { Description = "The file of answers; one with the first of them is gone on with.", Required = true };
        Option<bool> letter = new("--single-pred-prompt") { Description = "Ask for the option's letter alone, as LLaVA-1.5 is asked." };
        ModelOptions options = new();
        Command command = new("answer", "Ask a model the questions, a row for each answer.") { questions, images, output, letter };
        options.AddTo(command, images: false);
        command.SetAction(parsed =>
        {
            string file = parsed.GetRequiredValue(output);
            FileOption.Require("--out", file);
            GenerationOptions generation = options.Generation(parsed);
            List<ScienceQaQuestion> all = ScienceQaAnswering.ReadQuestions(parsed.GetRequiredValue(questions));
            string? folder = parsed.GetValue(images);
            if (folder is null && all.FirstOrDefault(static q => q.Image is not null) is { } shown)
            {
                throw new ArgumentException($"--images is missing; question '{shown.Id}' has an image.");
            }

            using InterruptScope interrupt = new();
            using Device device = options.OpenDevice(parsed);
            using LlavaModel model = options.Load(parsed, device);
            ScienceQaAnswering answering = new(file, model.Name, options.Fingerprint(parsed), parsed.GetValue(letter));
            List<ScienceQaQuestion> remaining = answering.Remaining(all);
            TextWriter error = parsed.InvocationConfiguration.Error;
            using ChatSession chat = model.StartChat();
            try
            {
                using CountLine line = new(error, "questions", remaining.Count, ProgressStyle.OfConsole());
                answering.Ask(
                    remaining,
                    chat,
                    generation,
                    question => question.Image is { } image ? ImageArgument.Read($"question '{question.Id}':", Path.Combine(folder!, image)).Image : null,
                    () => line.Add(),
                    interrupt.Token);
            }
            catch (OperationCanceledException)
            {
                error.WriteLine("llava: interrupted; what was answered is kept, and the same command goes on from here");
                return ExitCode.Interrupted;
            }

            parsed.InvocationConfiguration.Output.WriteLine($"{all.Count} answers, {remaining.Count} of them new, in {file}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command CreateScore()
    {
        ScienceQaDataOptions data = new();
        ScienceQaAnswerOptions answers = new();
        Option<string?> details = new("--details") { Description = "With --original: the file of right and wrong answers." };
        Option<string?> results = new("--results") { Description = "With --original: the file of results and outputs by id." };
        Command command = new("score", "Score answers by subject, context, grade and all, next to the paper's rows.") { details, results };
        data.AddTo(command);
        answers.AddTo(command);
        command.SetAction(parsed =>
        {
            bool original = answers.IsOriginal(parsed);
            IReadOnlyList<ScienceQaProblem> problems = data.Load(parsed);
            IReadOnlyDictionary<string, Prediction> predictions = answers.Read(parsed, answers.File, problems);
            if (!original)
            {
                foreach (Option<string?> option in (Option<string?>[])[details, results])
                {
                    _ = parsed.GetValue(option) is null ? 0
                        : throw new ArgumentException($"{option.Name} is a file of the original's; add --original.");
                }

                ScienceQaReport.Print(
                    parsed.InvocationConfiguration.Output,
                    ScienceQaScore.Of("these answers", problems, predictions, answers.IsLoose(parsed)));
                answers.PrintLooseHint(parsed, problems, predictions);
                return ExitCode.Ok;
            }

            OriginalScore score = OriginalScore.Of(problems, predictions);
            parsed.InvocationConfiguration.Output.WriteLine(score.Line());
            if (parsed.GetValue(details) is { } detailFile)
            {
                score.WriteDetails(detailFile);
            }

            if (parsed.GetValue(results) is { } resultFile)
            {
                score.WriteResults(resultFile);
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
