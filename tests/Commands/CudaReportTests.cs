using LlavaCuda.Native;
using LlavaCuda.Tests.Checkpoints;
using LlavaCuda.Tests.Native;
using LlavaCuda.Trainer.Commands;

namespace LlavaCuda.Tests.Commands;

/// <summary>What <c>llava doctor</c> tells of CUDA, on machines that are made up.</summary>
public class CudaReportTests
{
    [Fact]
    public void Describe_Found_TellsWhereItWasLookedForBeforeAndWhatWasPassedOver()
    {
        using FakeMachine machine = new FakeMachine()
            .Variable(NativeFolders.Variable, "none", "old")
            .File("old/libnvrtc.so.12", "file too short")
            .File("usr/local/cuda/lib64/libnvrtc.so.13", "13.0")
            .File("usr/local/cuda/lib64/libnvrtc.so.12", "12.4");
        Assert.Equal(
            [
                $"12.4, {machine.At("usr/local/cuda/lib64/libnvrtc.so.12")}",
                $"  looked in {machine.At("none")} (missing)",
                $"  looked in {machine.At("old")}",
                "  looked in the system's library path",
                $"  passed over {machine.At("old/libnvrtc.so.12")} (file too short)",
                $"  passed over {machine.At("usr/local/cuda/lib64/libnvrtc.so.13")} (not taken: the driver supports CUDA 12.8 only)",
            ],
            CudaReport.Describe(machine.Find(NativeComponent.Nvrtc, new Version(12, 8))));
    }

    [Fact]
    public void Describe_NotFound_TellsWhatWasLookedForAndWhere()
    {
        using FakeMachine machine = new FakeMachine().Folder("usr/local/cuda/lib64");
        Assert.Equal(
            [
                "not found: libcublasLt.so.13 or libcublasLt.so.12",
                "  looked in the system's library path",
                $"  looked in {machine.At("usr/local/cuda/lib64")}",
                "  looked in NVIDIA's Python packages (none here)",
            ],
            CudaReport.Describe(machine.Find(NativeComponent.CublasLt)));
    }

    [Fact]
    public void Describe_Driver_TellsTheCudaThatItSupports()
    {
        using FakeMachine machine = new FakeMachine().File("usr/lib/wsl/lib/libcuda.so.1", "12.6");
        Assert.Equal([$"CUDA 12.6, {machine.At("usr/lib/wsl/lib/libcuda.so.1")}", "  looked in the system's library path"], CudaReport.Describe(machine.Find(NativeComponent.Driver)));
    }

    [Fact]
    public void Named_Folders_AreMarkedWhereTheyAreNone()
    {
        using FakeMachine machine = new FakeMachine().Folder("a");
        Assert.Equal("LLAVACUDA_CUDA_PATH names no folder", CudaReport.Named(machine.Environment));
        machine.Variable(NativeFolders.Variable, "a", "b");
        Assert.Equal($"LLAVACUDA_CUDA_PATH is {machine.At("a")}, {machine.At("b")} (missing)", CudaReport.Named(machine.Environment));
    }

    [Fact]
    public void Cache_Folder_IsToldWithItsKernelsOrWhatIsWrong()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("kernels/one.kernel", string.Empty);
        Assert.Equal($"{folder.At("none")}, 0 compiled kernels", CudaReport.Cache(_ => folder.At("none")));
        Assert.Equal($"{folder.At("kernels")}, 1 compiled kernel", CudaReport.Cache(_ => folder.At("kernels")));
        Assert.Equal($"LLAVACUDA_CACHE names {file}, which is a file; expected a folder.", CudaReport.Cache(_ => file));
        Assert.StartsWith($"compiled kernels are not kept: {file}/kernels cannot be written to (", CudaReport.Cache(_ => $"{file}/kernels"), StringComparison.Ordinal);
    }
}
