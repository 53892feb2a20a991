using System.CommandLine;
using LlavaCuda.Devices;
using LlavaCuda.Trainer.Ablations;
using LlavaCuda.Trainer.Metrics;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava ablate</c>: the paper's ablations at the quickstart's scale.</summary>
internal static class AblateCommand
{
    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        AblationOptions defaults = new(Path.Combine("runs", "ablations"));
        Option<string> output = new("--out") { Description = "Folder of everything it makes.", DefaultValueFactory = _ => defaults.Out };
        Option<int> seeds = new("--seeds")
        {
            Description = "How many seeds each variant is trained with.",
            DefaultValueFactory = _ => defaults.Seeds,
        };
        Option<int> first = new("--seed")
        {
            Description = "The first seed; the others follow it.",
            DefaultValueFactory = _ => defaults.FirstSeed,
        };
        Option<int> problems = new("--problems")
        {
            Description = "Problems that are trained.",
            DefaultValueFactory = _ => defaults.Problems,
        };
        Option<int> questions = new("--questions")
        {
            Description = "Held-out problems that are asked.",
            DefaultValueFactory = _ => defaults.Questions,
        };
        Option<int> pretrain = new("--pretrain-steps")
        {
            Description = "Steps of stage 1.",
            DefaultValueFactory = _ => defaults.PretrainSteps,
        };
        Option<int> finetune = new("--finetune-steps")
        {
            Description = "Steps on the problems.",
            DefaultValueFactory = _ => defaults.FinetuneSteps,
        };
        DeviceOptions device = new();
        const string Description = "Repeat the paper's ablations on a made-up task of ScienceQA's kind: the tower's layer, reasoning or answer "
            + "first, without stage 1, a smaller language model.";
        Command command = new("ablate", Description)
        {
            output, seeds, first, problems, questions, pretrain, finetune,
        };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            AblationOptions options = new(parsed.GetRequiredValue(output))
            {
                Command = Invocation.Line([.. parsed.Tokens.Select(static token => token.Value)]),
                Seeds = OptionParsing.AtLeast(1, parsed, seeds),
                FirstSeed = OptionParsing.AtLeast(0, parsed, first),
                Problems = OptionParsing.AtLeast(16, parsed, problems),
                Questions = OptionParsing.AtLeast(4, parsed, questions),
                PretrainSteps = OptionParsing.AtLeast(1, parsed, pretrain),
                FinetuneSteps = OptionParsing.AtLeast(1, parsed, finetune),
            };
            FolderOption.Require(options.Out);
            using InterruptScope interrupt = new();
            using Device opened = device.Open(parsed);
            using TolerantWriter console = new(parsed.InvocationConfiguration.Output), error = new(parsed.InvocationConfiguration.Error);
            try
            {
                AblationRun run = new(options, opened, console, static name => new ConsoleTrainingOutput(name));
                IReadOnlyList<AblationRow> rows = run.Run(interrupt.Token);
                console.WriteLine();
                console.Write(AblationReport.Table(rows));
                string table = Path.Combine(options.Out, AblationReport.TableFile);
                console.WriteLine($"The table is in {table}, its plot in {Path.Combine(options.Out, AblationReport.PlotFile)}.");
                return ExitCode.Ok;
            }
            catch (OperationCanceledException)
            {
                error.WriteLine("llava: interrupted; the same command goes on from here");
                return ExitCode.Interrupted;
            }
        });
        return command;
    }
}
