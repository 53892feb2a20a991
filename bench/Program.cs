using System.Globalization;
using BenchmarkDotNet.Running;
using LlavaCuda.Bench.Summary;

namespace LlavaCuda.Bench;

/// <summary>
/// <c>summary</c> measures the whole on the processor in a few minutes, <c>questions MODEL</c> only how fast a model answers many questions at once; all other arguments go to BenchmarkDotNet, which measures one op at a time.
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
            case ["questions", .. { Length: <= 1 } model]:
                SummaryRow row = QuestionsAtOnce.Measure(model.FirstOrDefault());
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Name}: {row.Value:F1} {row.Unit}, {row.Ratio:F2} times {row.RatioTo}"));
                return 0;
            default:
                BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
                return 0;
        }
    }
}
