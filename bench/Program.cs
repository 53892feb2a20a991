using BenchmarkDotNet.Running;
using LlavaCuda.Bench.Summary;

namespace LlavaCuda.Bench;

/// <summary><c>summary</c> measures the whole in a few minutes; all other arguments go to BenchmarkDotNet, which measures one op at a time.</summary>
internal static class Program
{
    private static void Main(string[] args)
    {
        if (args is ["summary"])
        {
            SummaryCommand.Run();
        }
        else
        {
            BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        }
    }
}
