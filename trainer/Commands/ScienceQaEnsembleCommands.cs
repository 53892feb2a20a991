using System.CommandLine;
using System.Globalization;
using LlavaCuda.Trainer.Asking;
using LlavaCuda.Trainer.Evaluation.ScienceQa;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava scienceqa complement</c> and <c>judge</c>: the paper's ensembles with a text-only model, from files or by asking
/// it.</summary>
internal static class ScienceQaEnsembleCommands
{
    /// <summary>The answers of the text-only model, in the run's folder.</summary>
    internal const string TextOnlyFile = "text_only.json";

    /// <summary>The answers of the judge, in the run's folder.</summary>
    internal const string JudgedFile = "judged.jsonl";

    /// <summary>Makes the command that takes the text-only model's answers where there are any.</summary>
    internal static Command CreateComplement()
    {
        Shared shared = new(textOnlyRequired: false);
        Option<string> format = new("--format")
        {
            Description = "With a model to ask: what the worked examples and the question consist of, as for convert.",
            DefaultValueFactory = static _ => "QCM-ALE",
        };
        Option<int> shots = new("--shots") { Description = "With a model to ask: worked examples.", DefaultValueFactory = static _ => 2 };
        Option<string> shotSplit = new("--shot-split")
        {
            Description = "With a model to ask: the split that the examples are drawn from by --seed.",
            DefaultValueFactory = static _ => "train",
        };
        Option<bool> captions = new("--captions") { Description = "With a model to ask: put the images' captions into the context." };
        Command command = new("complement", "Take a text-only model's answers where it gives one, else ours; from a file, or by asking it.")
        {
            format, shots, shotSplit, captions,
        };
        shared.AddTo(command);
        command.SetAction(parsed =>
        {
            IReadOnlyList<ScienceQaProblem> problems = shared.Data.Load(parsed);
            Dictionary<string, Prediction> ours = shared.Answers.Read(parsed, shared.Answers.File, problems);
            if (shared.Asks(parsed, shared.TextOnly.Name, parsed.GetValue(shared.TextOnly)))
            {
                ScienceQaFormat chosen = ScienceQaFormat.Parse(parsed.GetRequiredValue(format));
                ScienceQaProblem[] examples = ScienceQaAsking.DrawShots(
                    ScienceQaData.Load(shared.Data.Folder(parsed), parsed.GetRequiredValue(shotSplit)), parsed.GetValue(shots),
                        parsed.GetValue(shared.Seed));
                bool described = parsed.GetValue(captions), begun = !shared.AsksOurs(parsed);
                return shared.Ask(
                    parsed,
                    [.. problems.Select(problem => ScienceQaRequests.TextOnly(problem, examples, chosen, described, begun))],
                    (path, answers) => ScienceQaAsking.WriteOutputs(Path.Combine(path, TextOnlyFile), answers),
                    theirs => Finish(parsed, problems, ours, theirs));
            }

            return Finish(parsed, problems, ours, shared.Answers.Read(parsed, shared.TextOnly, problems));
        });
        return command;

        int Finish(
            ParseResult parsed,
            IReadOnlyList<ScienceQaProblem> problems,
            Dictionary<string, Prediction> ours,
            Dictionary<string, Prediction> theirs)
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (shared.Answers.IsOriginal(parsed))
            {
                PrintLines(output, new OriginalEnsemble(problems, ours, theirs, parsed.GetValue(shared.Seed)).Complement());
                return ExitCode.Ok;
            }

            ScienceQaEnsemble both = Score(problems, ours, theirs, shared.Answers.IsLoose(parsed));
            ScienceQaReport.Print(output, both.Ours, both.Theirs, both.Complement());
            PrintDisputed(output, both);
            return ExitCode.Ok;
        }
    }

    /// <summary>Makes the command that has a judge decide where the two answer differently.</summary>
    internal static Command CreateJudge()
    {
        Shared shared = new(textOnlyRequired: true);
        Option<string?> judged = new("--judged")
        {
            Description = "The judge's answers to the questions that the two answer differently: JSON Lines. Or name a model to ask.",
        };
        Option<string?> results = new("--results") { Description = "With --original: the file of results by id." };
        Command command =
            new("judge", "Have a judge decide where the two answer differently; from a file, or by asking it.") { judged, results };
        shared.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(results) is not null && !shared.Answers.IsOriginal(parsed))
            {
                throw new ArgumentException($"{results.Name} is a file of the original's; add --original.");
            }

            IReadOnlyList<ScienceQaProblem> problems = shared.Data.Load(parsed);
            Dictionary<string, Prediction> ours = shared.Answers.Read(parsed, shared.Answers.File, problems);
            Dictionary<string, Prediction> theirs = shared.Answers.Read(parsed, shared.TextOnly, problems);
            if (shared.Asks(parsed, judged.Name, parsed.GetValue(judged)))
            {
                ScienceQaEnsemble both = Score(problems, ours, theirs, shared.Answers.IsLoose(parsed));
                return shared.Ask(
                    parsed,
                    [.. both.Disputed.Select(problem => ScienceQaRequests.Judge(problem, TextOf(ours, problem), TextOf(theirs, problem)))],
                    (path, answers) => ScienceQaAsking.WriteRows(Path.Combine(path, JudgedFile), answers),
                    again => Finish(parsed, problems, ours, theirs, again));
            }

            return Finish(parsed, problems, ours, theirs, shared.Answers.Read(parsed, judged, problems));
        });
        return command;

        int Finish(
            ParseResult parsed,
            IReadOnlyList<ScienceQaProblem> problems,
            Dictionary<string, Prediction> ours,
            Dictionary<string, Prediction> theirs,
            Dictionary<string, Prediction> again)
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (shared.Answers.IsOriginal(parsed))
            {
                PrintLines(
                    output, new OriginalEnsemble(problems, ours, theirs, parsed.GetValue(shared.Seed))
                    .Judge(again, parsed.GetValue(results)));
                return ExitCode.Ok;
            }

            bool loose = shared.Answers.IsLoose(parsed);
            ScienceQaEnsemble both = Score(problems, ours, theirs, loose);
            ScienceQaScore judge = both.Judge(ScienceQaScore.Of("judge", problems, again, loose));
            ScienceQaReport.Print(output, both.Ours, both.Theirs, both.Complement(), judge);
            PrintDisputed(output, both);
            int silent = both.Disputed
                .Count(problem =>
                ScoredQuestion.Of(problem, again.TryGetValue(problem.Id, out Prediction p) ? p.Text : null, loose).Reason is not null);
            if (silent > 0)
            {
                output.WriteLine($"The judge names no option in {silent} of these; there our answer counts.");
            }

            return ExitCode.Ok;
        }
    }

    private static string TextOf(Dictionary<string, Prediction> answers, ScienceQaProblem problem) =>
        answers.TryGetValue(problem.Id, out Prediction answer) && answer.Text.Trim().Length > 0 ? answer.Text : "(no answer)";

    private static ScienceQaEnsemble Score(
        IReadOnlyList<ScienceQaProblem> problems, Dictionary<string, Prediction> ours, Dictionary<string, Prediction> theirs, bool loose) =>
        new(ScienceQaScore.Of("these answers", problems, ours, loose), ScienceQaScore.Of("text-only model", problems, theirs, loose));

    private static void PrintLines(TextWriter output, IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            output.WriteLine(line);
        }
    }

    private static void PrintDisputed(TextWriter output, ScienceQaEnsemble both)
    {
        int total = both.Ours.Rows.Count;
        string share = (100.0 * both.UpperBound / total).ToString("F2", CultureInfo.InvariantCulture);
        output.WriteLine(
            $"The two answer {both.Disputed.Count()} of {total} questions differently; at least one is right in {both.UpperBound} ({share} %).");
    }

    /// <summary>The options of both commands, and how they ask.</summary>
    private sealed class Shared(bool textOnlyRequired)
    {
        private readonly AskingOptions _asking = new();
        private readonly Option<string?> _out =
            new("--out") { Description = "With a model to ask: the folder of its answers and of the store of calls." };

        internal ScienceQaDataOptions Data { get; } = new();

        internal ScienceQaAnswerOptions Answers { get; } = new();

        internal Option<string?> TextOnly { get; } = new("--text-only")
        {
            Description = "The text-only model's answers, GPT-4's in the paper: a result file with outputs, or JSON Lines.",
            Required = textOnlyRequired,
        };

        internal Option<ulong> Seed { get; } = new("--seed")
        {
            Description = "Chooses worked examples and, with --original, options where there is no answer.",
        };

        internal void AddTo(Command command)
        {
            Data.AddTo(command);
            Answers.AddTo(command);
            command.Add(TextOnly);
            command.Add(Seed);
            command.Add(_out);
            _asking.AddTo(command);
        }

        /// <summary>Whether a model is to be asked for the answers that a file may hold instead.</summary>
        internal bool Asks(ParseResult parsed, string file, string? given) => (given, _asking.IsNamed(parsed)) switch
        {
            (null, false) =>
                throw new ArgumentException(
                $"{file} is missing; expected a file of answers, or a model to ask, by --ask-model or --ask-folder."),
            (not null, true) => throw new ArgumentException($"{file} has the answers already; leave it out, or name no model to ask."),
            (_, bool named) => named,
        };

        /// <summary>Whether the model that is asked is one of ours.</summary>
        internal bool AsksOurs(ParseResult parsed) => _asking.IsOurs(parsed);

        /// <summary>Asks, keeps the answers in the run's folder, and goes on with them.</summary>
        internal int Ask(
            ParseResult parsed,
            ModelCall[] calls,
            Action<string, Dictionary<string, Prediction>> write,
            Func<Dictionary<string, Prediction>, int> finish)
        {
            string folder = parsed.GetValue(_out)
                ?? throw new ArgumentException($"{_out.Name} is missing; expected a folder for the model's answers.");
            using OutputLock held = OutputLock.Take(folder);
            using InterruptScope interrupt = new();
            using AskingSession session = _asking.Open(parsed, folder);
            if (session.SendsNothing)
            {
                session.Instead(calls, parsed.InvocationConfiguration.Output);
                return ExitCode.Ok;
            }

            Dictionary<string, Prediction> answers;
            try
            {
                answers = ScienceQaAsking.Ask(calls, session, parsed.InvocationConfiguration.Error, interrupt.Token);
            }
            catch (OperationCanceledException)
            {
                parsed.InvocationConfiguration.Error
                    .WriteLine("llava: interrupted; what was answered is kept, and the same command goes on from here");
                return ExitCode.Interrupted;
            }

            write(folder, answers);
            return finish(answers);
        }
    }
}
