using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace LlavaCuda.Trainer.Commands;

/// <summary>The parser's help, and below it the names of other programs that a command takes for its options.</summary>
internal sealed class PeerNamesHelp(HelpAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int result = help.Invoke(parseResult);
        Print(PeerNames.Of(parseResult.CommandResult.Command.Name), parseResult.InvocationConfiguration.Output);
        return result;
    }

    /// <summary>Adds the table to a program's help.</summary>
    /// <param name="root">The program's commands.</param>
    internal static void AddTo(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new PeerNamesHelp((HelpAction)option.Action!);
    }

    private static void Print(IReadOnlyList<(string Peer, string Ours)> names, TextWriter output)
    {
        if (names.Count == 0)
        {
            return;
        }

        output.WriteLine("Names of LLaVA's scripts that mean the same, also with underscores:");
        foreach ((string peer, string ours) in names)
        {
            output.WriteLine($"  {peer,-31} {ours}");
        }

        output.WriteLine();
    }
}
