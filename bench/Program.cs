using System.Globalization;
using BenchmarkDotNet.Running;
using LlavaCuda.Bench.Gpu;
using LlavaCuda.Bench.Summary;

namespace LlavaCuda.Bench;

/// <summary>
/// <c>summary</c> measures the whole on the processor in a few minutes, <c>gpu-check</c> everything on a GPU (its parts are <c>gpu kernels</c> and <c>gpu model</c>); all other
/// arguments go to BenchmarkDotNet, which measures one op at a time.
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
            case ["gpu-check", string folder, string reference]:
                return GpuCheckCommand.Run(folder, reference);
            case ["gpu", "kernels", string file]:
                KernelsPart.Run(file);
                return 0;
            case ["gpu", "model", string file, string config, string peak]:
                LargeModelPart.Run(file, config, double.Parse(peak, CultureInfo.InvariantCulture));
                return 0;
            default:
                BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
                return 0;
        }
    }
}
