using LlavaCuda.Native;

namespace LlavaCuda.Tests.Native;

/// <summary>Where CUDA's libraries are looked for, in which order, and what is said when none is of use.</summary>
public class NativeSearchTests
{
    private const string Toolkit = "usr/local/cuda/lib64";
    private const string Wheel = "home/.local/lib/python3.12/site-packages/nvidia/cu13/lib";

    [Fact]
    public void Find_NamedFolder_ComesBeforeTheSystem()
    {
        using FakeMachine machine = new FakeMachine().File("a/libnvrtc.so.12", "12.4").File("b/libnvrtc.so.13", "13.1").System("libnvrtc.so.13", "13.0").Variable(NativeFolders.Variable, "a", "b");
        NativeFinding finding = machine.Find(NativeComponent.Nvrtc);
        Assert.Equal(machine.At("a/libnvrtc.so.12"), finding.Path);
        Assert.Equal(new Version(12, 4), finding.Version);
        Assert.Equal([machine.At("a/libnvrtc.so.12")], machine.Opened);
    }

    [Fact]
    public void Find_SystemsPath_ComesBeforeToolkits()
    {
        using FakeMachine machine = new FakeMachine().System("libcublasLt.so.12", "12.6").File($"{Toolkit}/libcublasLt.so.13", "13.0");
        Assert.Equal("libcublasLt.so.12", machine.Find(NativeComponent.CublasLt).Path);
        Assert.Equal(["libcublasLt.so.13", "libcublasLt.so.12"], machine.Opened);
    }

    [Fact]
    public void Find_Toolkit_ComesBeforePythonsPackages()
    {
        using FakeMachine machine = new FakeMachine().Variable("HOME", "home").File($"{Wheel}/libnvrtc.so.13", "13.0").File($"{Toolkit}/libnvrtc.so.12", "12.4");
        Assert.Equal(machine.At($"{Toolkit}/libnvrtc.so.12"), machine.Find(NativeComponent.Nvrtc).Path);
    }

    [Fact]
    public void Find_OnePlaceWithBoth_TakesTheNewer()
    {
        using FakeMachine machine = new FakeMachine().File($"{Toolkit}/libnvrtc.so.12", "12.4").File($"{Toolkit}/libnvrtc.so.13", "13.1");
        Assert.Equal(new Version(13, 1), machine.Find(NativeComponent.Nvrtc, new Version(13, 0)).Version);
    }

    [Theory]
    [InlineData("libnvrtc.so")]
    [InlineData("libcublasLt.so")]
    public void Find_NewerThanTheDriver_IsPassedOver(string file)
    {
        NativeComponent component = file == "libnvrtc.so" ? NativeComponent.Nvrtc : NativeComponent.CublasLt;
        using FakeMachine machine = new FakeMachine().System($"{file}.13", "13.1").File($"{Toolkit}/{file}.13", "13.1").Variable("HOME", "home").File($"{Wheel}/{file}.12", "12.9");
        NativeFinding finding = machine.Find(component, new Version(12, 4));
        Assert.Equal(machine.At($"{Wheel}/{file}.12"), finding.Path);
        Assert.Contains(finding.Tried, t => t.Path == machine.At($"{Toolkit}/{file}.13") && t.Reason == "not taken: the driver supports CUDA 12.4 only");
        Assert.DoesNotContain($"{file}.13", machine.Opened);
    }

    [Fact]
    public void Find_OnlyNewerThanTheDriver_SaysSo()
    {
        using FakeMachine machine = new FakeMachine().File($"{Toolkit}/libnvrtc.so.13", "13.1");
        string reason = Reason(machine.Find(NativeComponent.Nvrtc, new Version(12, 8)));
        Assert.StartsWith($"NVRTC (libnvrtc.so.12) cannot be used: {machine.At(Toolkit)}/libnvrtc.so.13 (not taken: the driver supports CUDA 12.8 only); looked in ", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_BrokenFile_GoesOnAndKeepsTheReason()
    {
        using FakeMachine machine = new FakeMachine().Variable(NativeFolders.Variable, "a").File("a/libnvrtc.so.13", "file too short").File($"{Toolkit}/libnvrtc.so.12", "12.4");
        NativeFinding finding = machine.Find(NativeComponent.Nvrtc);
        Assert.Equal(new Version(12, 4), finding.Version);
        Assert.Contains(new NativeAttempt(machine.At("a/libnvrtc.so.13"), "file too short", IsAbsent: false), finding.Tried);
    }

    [Fact]
    public void Find_BrokenFileOnly_SaysWhatIsWrong()
    {
        using FakeMachine machine = new FakeMachine().Variable(NativeFolders.Variable, "a").File("a/libcuda.so.1", "invalid ELF header");
        string reason = Reason(machine.Find(NativeComponent.Driver));
        Assert.Equal(
            $"The NVIDIA driver (libcuda.so.1) cannot be used: {machine.At("a/libcuda.so.1")} (invalid ELF header); looked in {machine.At("a")}, the system's library path; install NVIDIA's driver, 525 or newer.",
            reason);
    }

    [Fact]
    public void Find_Nothing_NamesEveryPlace()
    {
        using FakeMachine machine = new FakeMachine().Variable(NativeFolders.Variable, "a", "b").Folder("a").Folder("b").Folder(Toolkit);
        NativeFinding finding = machine.Find(NativeComponent.Nvrtc, new Version(12, 4));
        Assert.Equal(
            $"NVRTC (libnvrtc.so.12) was not found: looked in {machine.At("a")}, {machine.At("b")}, the system's library path, {machine.At(Toolkit)}, NVIDIA's Python packages (none here); set LLAVACUDA_CUDA_PATH to its folder.",
            Reason(finding));
        Assert.Equal(8, finding.Tried.Count);
    }

    [Fact]
    public void Find_NamedFolderThatIsNone_IsMarked()
    {
        using FakeMachine machine = new FakeMachine().Variable(NativeFolders.Variable, "a", "b", "c/libcuda.so.1").Folder("b").File("c/libcuda.so.1", "invalid ELF header");
        Assert.Equal(
            $"The NVIDIA driver (libcuda.so.1) was not found: looked in {machine.At("a")} (missing), {machine.At("b")}, {machine.At("c/libcuda.so.1")} (a file, not a folder), "
            + "the system's library path; install NVIDIA's driver, 525 or newer.",
            Reason(machine.Find(NativeComponent.Driver)));
    }

    [Fact]
    public void Find_NothingInManyPlaces_CountsTheRest()
    {
        using FakeMachine machine = new();
        for (int minor = 0; minor < 12; minor++)
        {
            machine.Folder($"usr/local/cuda-12.{minor}/lib64");
        }

        string reason = Reason(machine.Find(NativeComponent.CublasLt));
        Assert.StartsWith("cuBLASLt (libcublasLt.so.13 or libcublasLt.so.12) was not found: looked in ", reason, StringComparison.Ordinal);
        Assert.Contains("cuda-12.11/lib64", reason, StringComparison.Ordinal);
        Assert.EndsWith(" and 6 more folders; set LLAVACUDA_CUDA_PATH to its folder.", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_DriverOutsideOfTheSystemsPath_IsFound()
    {
        using FakeMachine machine = new FakeMachine().File("usr/lib/wsl/lib/libcuda.so.1", "12.6");
        Assert.Equal(machine.At("usr/lib/wsl/lib/libcuda.so.1"), machine.Find(NativeComponent.Driver).Path);
    }

    [Fact]
    public void Find_OnWindows_UsesItsNames()
    {
        using FakeMachine machine = new FakeMachine { IsWindows = true }.Variable("CUDA_PATH", "v13").File("v13/bin/x64/nvrtc64_130_0.dll", "13.0").File("v13/bin/cublasLt64_12.dll", "12.4").System("nvcuda.dll", "13.0");
        Assert.Equal("nvcuda.dll", machine.Find(NativeComponent.Driver).Path);
        Assert.Equal(machine.At("v13/bin/x64/nvrtc64_130_0.dll"), machine.Find(NativeComponent.Nvrtc, new Version(13, 0)).Path);
        Assert.Equal(machine.At("v13/bin/cublasLt64_12.dll"), machine.Find(NativeComponent.CublasLt, new Version(13, 0)).Path);
    }

    private static string Reason(NativeFinding finding)
    {
        Assert.False(finding.IsFound);
        Assert.DoesNotContain('\n', finding.Reason);
        return finding.Reason;
    }
}
