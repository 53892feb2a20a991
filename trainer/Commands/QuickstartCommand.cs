using System.CommandLine;
using System.Globalization;
using LlavaCuda.Devices;
using LlavaCuda.Trainer.Metrics;
using LlavaCuda.Trainer.Quickstart;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava quickstart</c>: from nothing to a small LLaVA that answers questions about pictures.</summary>
internal static class QuickstartCommand
{
    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        QuickstartOptions defaults = new(Path.Combine("runs", "quickstart"));
        Option<string> output = new("--out") { Description = "Folder of everything it makes.", DefaultValueFactory = _ => defaults.Out };
        Option<string?> from = new("--base") { Description = "Base models to begin with, from make-base; by default those that the program carries." };
        Option<int> seed = new("--seed") { Description = "Chooses data, order and questions.", DefaultValueFactory = _ => defaults.Seed };
        Option<int> pictures = new("--pictures") { Description = "Pictures of the data set.", DefaultValueFactory = _ => defaults.Pictures };
        Option<int> pretrain = new("--pretrain-steps") { Description = "Steps of stage 1.", DefaultValueFactory = _ => defaults.PretrainSteps };
        Option<int> finetune = new("--finetune-steps") { Description = "Steps of stage 2.", DefaultValueFactory = _ => defaults.FinetuneSteps };
        Option<int> questions = new("--questions") { Description = "Held-out questions of each set.", DefaultValueFactory = _ => defaults.Questions };
        DeviceOptions device = new();
        Command command = new("quickstart", "Make a small data set, train a small LLaVA on it in two stages, evaluate it on held-out pictures and save it.")
        {
            output, from, seed, pictures, pretrain, finetune, questions,
        };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            QuickstartOptions options = new(parsed.GetRequiredValue(output))
            {
                Command = Invocation.Line([.. parsed.Tokens.Select(static token => token.Value)]),
                Base = parsed.GetValue(from),
                Seed = parsed.GetValue(seed),
                Pictures = OptionParsing.AtLeast(32, parsed, pictures),
                PretrainSteps = OptionParsing.AtLeast(1, parsed, pretrain),
                FinetuneSteps = OptionParsing.AtLeast(1, parsed, finetune),
                Questions = OptionParsing.AtLeast(4, parsed, questions),
            };
            FolderOption.Require(options.Out);
            using InterruptScope interrupt = new();
            using Device opened = device.Open(parsed);
            using TolerantWriter console = new(parsed.InvocationConfiguration.Output), error = new(parsed.InvocationConfiguration.Error);
            QuickstartRun run = new(options, opened, console, static name => new ConsoleTrainingOutput(name));
            try
            {
                Print(run.Run(interrupt.Token), options, run.ModelFolder, console);
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

    private static void Print(QuickstartSummary summary, QuickstartOptions options, string model, TextWriter output)
    {
        output.WriteLine("5/5 done");
        Row("accuracy", summary.Accuracy, "held-out questions about colour, shape, place and count");
        Row("accuracy_blank", summary.AccuracyBlank, "the same questions, picture blanked");
        Row("accuracy_lookup", summary.AccuracyLookup, "one attribute found by another among several things");
        Row("floor_lookup", summary.FloorLookup, "naming any attribute that is there");
        foreach ((string kind, double accuracy) in summary.AccuracyByKind)
        {
            Row($"  {kind}", accuracy, string.Empty);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{summary.Seconds:F0} s, at most {summary.PeakRssMib:F0} MiB resident, {summary.Device}"));
        output.WriteLine($"Look at {Path.Combine(options.Out, "samples.png")} and {Path.Combine(options.Out, "loss.png")}; the figures are in {Path.Combine(options.Out, "summary.json")}.");
        string picture = Path.Combine(options.Out, QuickstartRun.ExampleFile);
        output.WriteLine("Talk to it, for example about a picture that it has never seen (it knows questions about colour, shape, place and count, and little else):");
        output.WriteLine($"  {Invocation.Line("ask", "--model", model, "--image", picture, "--question", "What color is the shape?")}");
        output.WriteLine($"  {Invocation.Line("chat", "--model", model, "--image", picture)}");

        void Row(string name, double value, string meaning) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-18} {100 * value,6:F1} %  {meaning}").TrimEnd());
    }
}
