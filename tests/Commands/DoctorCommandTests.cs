using LlavaCuda.Native;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Tests.Commands;

public class DoctorCommandTests
{
    [Fact]
    public void Print_Anywhere_TellsEveryPartOfCudaAndWhetherItCanBeUsed()
    {
        using StringWriter output = new() { NewLine = "\n" };
        DoctorCommand.Print(output);
        string[] lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(["system", "device", "memory", "pictures", "path", "driver", "nvrtc", "cublaslt", "cache"], row => Assert.Contains(lines, line => line.StartsWith($"{row} ", StringComparison.Ordinal)));
        Assert.Equal($"cuda     {CudaAvailability.Current.Reason ?? "can be used: --device cuda"}", lines[^1]);
    }
}
