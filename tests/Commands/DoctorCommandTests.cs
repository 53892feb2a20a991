using System.Runtime.Versioning;
using LlavaCuda.Native;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Tests.Emulation;
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
        Assert.All(["system", "device", "memory", "images", "path", "driver", "nvrtc", "cublaslt", "cache"], row => Assert.Contains(lines, line => line.StartsWith($"{row} ", StringComparison.Ordinal)));
        Assert.Equal($"cuda     {CudaAvailability.Current.Reason ?? "can be used: --device cuda"}", lines[^1]);
    }

    // All is there, but no device would open: the last row says what opening one says.
    [Theory]
    [Trait("Category", "Emulator")]
    [InlineData("LLAVACUDA_AUTOTUNE", "yes", "LLAVACUDA_AUTOTUNE is 'yes'; expected 0 or 1.")]
    [InlineData("LLAVACUDA_KERNELS", "/nowhere", "LLAVACUDA_KERNELS names /nowhere, which is missing; expected a folder of kernels.")]
    [InlineData("LLAVACUDA_CACHE", "/dev/null", "LLAVACUDA_CACHE names /dev/null, which is a file; expected a folder.")]
    public void Doctor_WithAVariableThatIsWrong_SaysWhatTheDeviceSays(string variable, string value, string reason)
    {
        Emulator.Require();
        (int exit, string output, string error) = LlavaProcess.Run([(variable, value)], "doctor");
        Assert.Equal(0, exit);
        Assert.Empty(error);
        Assert.Equal($"cuda     {reason}", output.TrimEnd().Split('\n')[^1]);
    }

    [Fact]
    [Trait("Category", "Emulator")]
    [UnsupportedOSPlatform("windows")]
    public void Doctor_WithKernelsThatMayNotBeRead_SaysSo()
    {
        Emulator.Require();
        Assert.SkipWhen(Environment.IsPrivilegedProcess || OperatingSystem.IsWindows(), "This user may read every folder.");
        using TemporaryFolder folder = new();
        File.SetUnixFileMode(folder.Root, UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        (int exit, string output, string error) = LlavaProcess.Run([("LLAVACUDA_KERNELS", folder.Root)], "doctor");
        File.SetUnixFileMode(folder.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal(0, exit);
        Assert.Empty(error);
        Assert.StartsWith($"cuda     LLAVACUDA_KERNELS names {folder.Root}, which cannot be read (", output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Category", "Emulator")]
    [InlineData("/nowhere", "is missing")]
    [InlineData("/dev/null", "is a file")]
    [InlineData("/proc/self/fdinfo", "has no .cu files")]
    public void Kernels_FromAFolderThatIsNone_AreRefusedInOneLine(string folder, string what)
    {
        Emulator.Require();
        (int exit, _, string error) = LlavaProcess.Run([("LLAVACUDA_KERNELS", folder)], "kernels", "--arch", "sm_90a", "--only", "fill");
        Assert.Equal(1, exit);
        Assert.Equal($"llava: LLAVACUDA_KERNELS names {folder}, which {what}; expected a folder of kernels.", error.TrimEnd());
    }
}
