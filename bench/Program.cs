using BenchmarkDotNet.Running;
using LlavaCuda.Bench.Summary;

namespace LlavaCuda.Bench;

/// <summary>
/// <c>summary</c> measures the whole on the processor in a few minutes; all other arguments go to BenchmarkDotNet, which measures one op at a time.
/// </summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        switch (args)
        {
            case ["summary"]:
                SummaryCommand.Run();
                return 0;
            default:
                BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
                return 0;
        }
    }
}
