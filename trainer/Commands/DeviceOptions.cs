using System.CommandLine;
using LlavaCuda.Devices;

namespace LlavaCuda.Trainer.Commands;

/// <summary>The options by which every command that computes chooses its device.</summary>
internal sealed class DeviceOptions
{
    private readonly Option<string> _device = new("--device")
    {
        Description = "auto, cpu, cuda or cuda:n. A device that was asked for and cannot be had is an error, never another device.",
        DefaultValueFactory = static _ => "auto",
    };

    private readonly Option<int?> _threads = new("--threads") { Description = "Threads of the CPU device; one a core unless given." };

    private readonly Option<string> _precision = new("--precision")
    {
        Description = "How a GPU stores weights and activations: bf16 (auto) or fp32, to compare with others. The processor has fp32 only.",
        DefaultValueFactory = static _ => "auto",
    };

    /// <summary>Adds the options.</summary>
    /// <param name="command">The command.</param>
    internal void AddTo(Command command)
    {
        command.Add(_device);
        command.Add(_threads);
        command.Add(_precision);
    }

    /// <summary>Opens the chosen device.</summary>
    /// <param name="parsed">The parsed command line.</param>
    /// <returns>The device, which the caller disposes.</returns>
    internal Device Open(ParseResult parsed)
    {
        if (parsed.GetValue(_threads) is < 1)
        {
            throw new ArgumentException($"--threads is {parsed.GetValue(_threads)}; expected 1 or more.");
        }

        Device device = DeviceChoice.Open(parsed.GetValue(_device)!, parsed.GetValue(_threads), parsed.GetValue(_precision)!);
        if (device is CudaDevice { KernelsNotKept: { } reason })
        {
            // The run goes on, but every one like it will take as long to begin.
            parsed.InvocationConfiguration.Error.WriteLine($"llava: compiled kernels are not kept for the next run: {reason}");
        }

        return device;
    }
}
