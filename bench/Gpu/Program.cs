using LlavaCuda.Devices;
using LlavaCuda.Tensors;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Bench.Gpu;

/// <summary>
/// <c>run RESULTS REFERENCE</c> checks and measures everything on a GPU; <c>device FILE</c>, <c>kernels FILE</c> and <c>model FILE CONFIG</c> are parts of it. <c>--rehearse</c> behind them: at sizes for
/// the emulator.
/// </summary>
internal static class Program
{
    /// <summary>The option of a rehearsal.</summary>
    internal const string Rehearse = "--rehearse";

    private static async Task<int> Main(string[] args)
    {
        bool rehearsal = args is [.., Rehearse];
        string[] rest = rehearsal ? args[..^1] : args;
        switch (rest)
        {
            case ["run", string folder, string reference]:
                return await CheckAsync(new CheckFiles(Path.GetFullPath(folder)), reference, rehearsal);
            case ["device", string file]:
                return OnDevice(device => DeviceFigures.Run(device, file));
            case ["kernels", string file]:
                return OnDevice(device => KernelsPart.Run(device, rehearsal ? KernelSizes.Small : KernelSizes.Full, file));
            case ["model", string file, string config]:
                return OnDevice(device => LargeModelPart.Run(device, rehearsal ? ModelSizes.Small : ModelSizes.Full, config, file));
            default:
                await Console.Error.WriteLineAsync($"expected: run RESULTS REFERENCE, device FILE, kernels FILE, or model FILE CONFIG; perhaps {Rehearse} behind them");
                return ExitCode.Usage;
        }
    }

    private static async Task<int> CheckAsync(CheckFiles files, string reference, bool rehearsal)
    {
        using InterruptScope interrupt = new();
        try
        {
            GpuCheck check = new(files, rehearsal ? CheckPlan.Rehearsal(files, reference) : CheckPlan.Full(files, reference));
            bool passed = await check.RunAsync(Console.Out, interrupt.Token);
            return interrupt.Token.IsCancellationRequested ? ExitCode.Interrupted : passed ? ExitCode.Ok : ExitCode.Failed;
        }
        catch (Exception error)
        {
            return Told(error);
        }
    }

    private static int OnDevice(Func<CudaDevice, bool> part)
    {
        try
        {
            using CudaDevice device = new(0, DType.BF16);
            return part(device) ? ExitCode.Ok : ExitCode.Failed;
        }
        catch (Exception error)
        {
            return Told(error);
        }
    }

    // One line, as of the other program.
    private static int Told(Exception error)
    {
        Exception cause = ExitCode.Unwrap(error);
        Console.Error.WriteLine(ExitCode.Line(cause));
        return ExitCode.Of(cause);
    }
}
