using System.CommandLine;
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
        CreateConvert(), CreateScore(), CreateComplement(), CreateJudge(),
    };

    private static Command CreateConvert()
    {
        DataOptions data = new();
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

    private static Command CreateScore()
    {
        DataOptions data = new();
        AnswerOptions answers = new();
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

    private static Command CreateComplement()
    {
        DataOptions data = new();
        AnswerOptions answers = new();
        EnsembleOptions ensemble = new();
        Command command = new("complement", "Take a text-only model's answers where it gives one, else ours.");
        data.AddTo(command);
        answers.AddTo(command);
        ensemble.AddTo(command);
        command.SetAction(parsed =>
        {
            IReadOnlyList<ScienceQaProblem> problems = data.Load(parsed);
            IReadOnlyDictionary<string, Prediction> ours = answers.Read(parsed, answers.File, problems),
                theirs = answers.Read(parsed, ensemble.TextOnly, problems);
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (answers.IsOriginal(parsed))
            {
                foreach (string line in new OriginalEnsemble(problems, ours, theirs, parsed.GetValue(ensemble.Seed)).Complement())
                {
                    output.WriteLine(line);
                }

                return ExitCode.Ok;
            }

            ScienceQaEnsemble both = ensemble.Score(problems, ours, theirs, answers.IsLoose(parsed));
            ScienceQaReport.Print(output, both.Ours, both.Theirs, both.Complement());
            EnsembleOptions.Print(output, both);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command CreateJudge()
    {
        DataOptions data = new();
        AnswerOptions answers = new();
        EnsembleOptions ensemble = new();
        Option<string> judged = new("--judged")
        {
            Description = "The judge's answers to the questions that the two answer differently: JSON Lines.",
            Required = true,
        };
        Option<string?> results = new("--results") { Description = "With --original: the file of results by id." };
        Command command = new("judge", "Take a judge's answers where the two answer differently, else ours.") { judged, results };
        data.AddTo(command);
        answers.AddTo(command);
        ensemble.AddTo(command);
        command.SetAction(parsed =>
        {
            IReadOnlyList<ScienceQaProblem> problems = data.Load(parsed);
            IReadOnlyDictionary<string, Prediction> ours = answers.Read(parsed, answers.File, problems),
                theirs = answers.Read(parsed, ensemble.TextOnly, problems);
            Dictionary<string, Prediction> again = answers.Read(parsed, judged, problems);
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (answers.IsOriginal(parsed))
            {
                foreach (string line in new OriginalEnsemble(problems, ours, theirs, parsed.GetValue(ensemble.Seed))
                    .Judge(again, parsed.GetValue(results)))
                {
                    output.WriteLine(line);
                }

                return ExitCode.Ok;
            }

            ScienceQaEnsemble both = ensemble.Score(problems, ours, theirs, answers.IsLoose(parsed));
            ScienceQaReport.Print(
                output, both.Ours, both.Theirs, both.Complement(),
                both.Judge(ScienceQaScore.Of("judge", problems, again, answers.IsLoose(parsed))));
            EnsembleOptions.Print(output, both);
            int missing = both.Disputed.Count(problem => !again.ContainsKey(problem.Id));
            if (missing > 0)
            {
                output.WriteLine($"The judge was not asked about {missing} of these; there our answer counts.");
            }

            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Where the questions are.</summary>
    private sealed class DataOptions
    {
        private readonly Option<string> _folder =
            new("--data") { Description = "Folder with problems.json and pid_splits.json.", Required = true };
        private readonly Option<string> _split =
            new("--split") { Description = "Which split of them.", DefaultValueFactory = static _ => "test" };

        internal void AddTo(Command command)
        {
            command.Add(_folder);
            command.Add(_split);
        }

        internal string Folder(ParseResult parsed) => parsed.GetRequiredValue(_folder);

        internal string Split(ParseResult parsed) => parsed.GetRequiredValue(_split);

        internal IReadOnlyList<ScienceQaProblem> Load(ParseResult parsed) => ScienceQaData.Load(Folder(parsed), Split(parsed));
    }

    /// <summary>Answers to score, and how.</summary>
    private sealed class AnswerOptions
    {
        private readonly Option<bool> _original = new("--original")
        {
            Description = "The original scripts' arithmetic, output and files: what is not found counts as wrong, or in ensembles as a random option.",
        };
        private readonly Option<bool> _loose = new("--loose")
        {
            Description = "Find letters in more forms than the original does, as (B), Answer: B, or the option's own text.",
        };

        internal Option<string> File { get; } = new("--answers")
        {
            Description = "The model's answers: JSON Lines with question_id, prompt and text, or a result file with outputs.",
            Required = true,
        };

        internal void AddTo(Command command)
        {
            command.Add(File);
            command.Add(_original);
            command.Add(_loose);
        }

        internal bool IsOriginal(ParseResult parsed) => parsed.GetValue(_original) && parsed.GetValue(_loose)
            ? throw new ArgumentException("--loose finds what --original does not; give one of them.")
            : parsed.GetValue(_original);

        internal bool IsLoose(ParseResult parsed) => parsed.GetValue(_loose);

        internal Dictionary<string, Prediction> Read(ParseResult parsed, Option<string> option, IReadOnlyList<ScienceQaProblem> problems)
        {
            string path = parsed.GetRequiredValue(option);
            Dictionary<string, Prediction> predictions = ScienceQaPredictions.ReadAny(path, IsOriginal(parsed));
            int known = problems.Count(problem => predictions.ContainsKey(problem.Id));
            TextWriter error = parsed.InvocationConfiguration.Error;
            if (known < predictions.Count)
            {
                string other = predictions.Keys.Except(problems.Select(static p => p.Id)).First();
                error.WriteLine(
                    $"warning: {path}: {predictions.Count - known} answers are to questions outside the split, as {Formats.Quoted.Name(other)}; they are not used.");
            }

            int blind = problems
                .Count(p => p.Image is not null && predictions.TryGetValue(p.Id, out Prediction answer)
                && answer.Prompt?.Contains("<image>", StringComparison.Ordinal) == false);
            if (blind > 0 && option == File)
            {
                error.WriteLine($"warning: {path}: {blind} questions with an image were asked without it, by their recorded prompts.");
            }

            return predictions;
        }

        internal void PrintLooseHint(
            ParseResult parsed, IReadOnlyList<ScienceQaProblem> problems, IReadOnlyDictionary<string, Prediction> predictions)
        {
            int strict = Found(loose: false), all = Found(loose: true);
            if (!IsLoose(parsed) && all > strict)
            {
                parsed.InvocationConfiguration.Output.WriteLine($"--loose finds an option in {all - strict} of the answers without one.");
            }

            int Found(bool loose) => ScienceQaScore.Of(string.Empty, problems, predictions, loose).Rows.Count(static r => r.Reason is null);
        }
    }

    /// <summary>The text-only model's answers.</summary>
    private sealed class EnsembleOptions
    {
        internal Option<string> TextOnly { get; } = new("--text-only")
        {
            Description = "The text-only model's answers, GPT-4's in the paper: a result file with outputs, or JSON Lines.",
            Required = true,
        };

        internal Option<ulong> Seed { get; } = new("--seed") { Description = "With --original: chooses options where there is no answer." };

        internal void AddTo(Command command)
        {
            command.Add(TextOnly);
            command.Add(Seed);
        }

        internal ScienceQaEnsemble Score(
            IReadOnlyList<ScienceQaProblem> problems, IReadOnlyDictionary<string, Prediction> ours, IReadOnlyDictionary<string, Prediction> theirs, bool loose) =>
            new(ScienceQaScore.Of("these answers", problems, ours, loose), ScienceQaScore.Of("text-only model", problems, theirs, loose));

        internal static void Print(TextWriter output, ScienceQaEnsemble both)
        {
            int total = both.Ours.Rows.Count;
            output.WriteLine(
                string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                    $"The two answer {both.Disputed.Count()} of {total} questions differently; at least one is right in {both.UpperBound} ({100.0 * both.UpperBound / total:F2} %)."));
        }
    }
}
