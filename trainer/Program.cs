using System.CommandLine;
using System.Text;
using LlavaCuda.Trainer.Commands;
using LlavaCuda.Trainer.Terminal;

namespace LlavaCuda.Trainer;

/// <summary>The <c>llava</c> program: one command a task, each in a file of its own under <c>Commands</c>.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        // Answers are in every language; the consoles of some systems need to be told.
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        TerminalWriter.Install();
        return Run(args, Console.Out, Console.Error);
    }

    /// <summary>Makes the program's commands.</summary>
    /// <param name="verbose">The option that every one has.</param>
    internal static RootCommand CreateRoot(out Option<bool> verbose)
    {
        verbose = new("--verbose") { Description = "Show where an error comes from.", Recursive = true };
        RootCommand root = new("Visual instruction tuning: train, evaluate and talk to a LLaVA.") { verbose };
        root.Add(TrainCommand.Create());
        root.Add(AskCommand.Create());
        root.Add(ChatCommand.Create());
        root.Add(DataCommand.Create());
        root.Add(DoctorCommand.Create());
        root.Add(KernelsCommand.Create());
        root.Add(MakeBaseCommand.Create());
        root.Add(QuickstartCommand.Create());
        root.Add(AblateCommand.Create());
        root.Add(EvalCommand.Create());
        root.Add(PopeCommand.Create());
        root.Add(ReviewCommand.Create());
        root.Add(ScienceQaCommand.Create());
        root.Add(VerifyCommand.Create());
        root.Add(CompletionCommand.Create());
        OptionParsing.Apply(root);
        PeerNamesHelp.AddTo(root);
        return root;
    }

    /// <summary>Runs the program. Whatever goes wrong becomes one line on <paramref name="error"/> and an exit code, see <see cref="ExitCode"/>.</summary>
    internal static int Run(string[] args, TextWriter output, TextWriter error)
    {
        RootCommand root = CreateRoot(out Option<bool> verbose);
        error = TerminalWriter.Wrap(error);
        InvocationConfiguration configuration = new() { Output = TerminalWriter.Wrap(output), Error = error, EnableDefaultExceptionHandler = false };
        if (args.Length == 0)
        {
            root.Parse(["--help"]).Invoke(configuration);
            return ExitCode.Usage;
        }

        // A question may begin with an @, which is no file of more arguments here.
        ParserConfiguration parser = new() { ResponseFileTokenReplacer = null };
        if (args[0].StartsWith("[suggest", StringComparison.Ordinal))
        {
            return root.Parse(args, parser).Invoke(configuration);
        }

        Command? command = root.Subcommands.FirstOrDefault(command => command.Name == args[0]);
        ParseResult parsed = root.Parse(command is null ? args : PeerNames.Translate(args, command.Options.Select(static option => option.Name).ToHashSet()), parser);
        if (UsageError.Of(parsed) is { } usage)
        {
            error.WriteLine(TerminalText.Line(usage));
            return ExitCode.Usage;
        }

        try
        {
            foreach (string line in UnusedOptions.Of(parsed))
            {
                error.WriteLine($"warning: {line}");
            }

            return parsed.Invoke(configuration);
        }
        catch (Exception thrown)
        {
            Exception cause = ExitCode.Unwrap(thrown);
            error.WriteLine(parsed.GetValue(verbose) ? cause.ToString() : $"llava: {ExitCode.Line(cause)}");
            return ExitCode.Of(cause);
        }
    }
}
