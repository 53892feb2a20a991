using System.CommandLine;
using System.Text;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Trainer;

/// <summary>The <c>llava</c> program: one command a task, each in a file of its own under <c>Commands</c>.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        // Answers are in every language; the consoles of some systems need to be told.
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return Run(args, Console.Out, Console.Error);
    }

    // The parser's message names the program's own types and lists choices a line each.
    private static string PlainMessage(string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int type = lines[0].IndexOf(" as expected type", StringComparison.Ordinal);
        string what = type < 0 ? lines[0] : lines[0][..type] + ".";
        return lines.Length == 1 ? what : $"{what.TrimEnd('.')}; expected {string.Join(", ", lines[1..]).ToLowerInvariant()}.";
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
        root.Add(DoctorCommand.Create());
        root.Add(KernelsCommand.Create());
        root.Add(MakeBaseCommand.Create());
        root.Add(QuickstartCommand.Create());
        root.Add(VerifyCommand.Create());
        return root;
    }

    /// <summary>Runs the program. Whatever goes wrong becomes one line on <paramref name="error"/> and an exit code, see <see cref="ExitCode"/>.</summary>
    internal static int Run(string[] args, TextWriter output, TextWriter error)
    {
        RootCommand root = CreateRoot(out Option<bool> verbose);
        InvocationConfiguration configuration = new() { Output = output, Error = error, EnableDefaultExceptionHandler = false };
        if (args.Length == 0)
        {
            root.Parse(["--help"]).Invoke(configuration);
            return ExitCode.Usage;
        }

        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            string command = parsed.CommandResult.Command == root ? "llava" : $"llava {parsed.CommandResult.Command.Name}";
            string what = parsed.UnmatchedTokens.Count > 0 ? $"'{parsed.UnmatchedTokens[0]}' is no command or option." : PlainMessage(parsed.Errors[0].Message);
            error.WriteLine($"{command}: {what} ({command} --help tells more)");
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
