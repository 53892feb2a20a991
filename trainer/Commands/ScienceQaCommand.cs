using System.CommandLine;
using LlavaCuda.Trainer.Evaluation;
using LlavaCuda.Trainer.Evaluation.Benchmarks;
using LlavaCuda.Trainer.Evaluation.ScienceQa;

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
            IReadOnlyList<ScienceQaProblem> problems = data.Load(parsed);
            FileOption.Require("--out", file);
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
        Option<bool> letter = new("--single-pred-prompt") { Description = "Ask for the option's letter alone, as LLaVA-1.5 is asked." };
        return AnsweringCommand.Create(
            "A file of conversations from convert; their first turns are asked.",
            (parsed, file) => AskedQuestion.ReadConversations(file, parsed.GetValue(letter) ? ScienceQaBenchmark.LetterSentence : null),
            letter);
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
