using System.CommandLine;

namespace LlavaCuda.Trainer;

/// <summary>The <c>llava</c> program: one command a task, each in a file of its own under <c>Commands</c>.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        RootCommand root = new("Visual instruction tuning: train, evaluate and talk to a LLaVA.");
        return await root.Parse(args).InvokeAsync();
    }
}
