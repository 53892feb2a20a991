using System.Runtime.InteropServices;
using LlavaCuda.Bench.Gpu;
using LlavaCuda.Tests.Commands;
using LlavaCuda.Tests.Emulation;
using LlavaCuda.Tests.Ops;

namespace LlavaCuda.Tests.Bench;

/// <summary>The whole GPU check at small sizes on the emulator: the programs find each other, each part runs in its process and its figures reach the table.</summary>
[Trait("Category", "Emulator")]
public sealed class GpuCheckRehearsalTests : IDisposable
{
    private readonly CheckFiles _files = new(Directory.CreateTempSubdirectory("llava-check-").FullName);

    // The programs are started by their own names, so they look for the runtime themselves.
    public GpuCheckRehearsalTests() => Environment.SetEnvironmentVariable("DOTNET_ROOT", Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")));

    public void Dispose() => Directory.Delete(_files.Folder, recursive: true);

    [Fact]
    public async Task Rehearsal_OnTheEmulator_RunsEveryPartOfOurs()
    {
        Emulator.Require();

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(10));
        StringWriter output = new();
        await new GpuCheck(_files, CheckPlan.Rehearsal(_files, ReferenceFiles.Shipped("model"))).RunAsync(output, limit.Token);
        string table = await File.ReadAllTextAsync(_files.Table, TestContext.Current.CancellationToken);
        foreach (string part in (string[])["device", "device tests", "verify fp32", "verify bf16", "kernels", "model"])
        {
            Assert.True(table.Contains($"| {part} | ok |", StringComparison.Ordinal), output.ToString());
        }

        foreach (string row in (string[])["copy", "square product, Linear.Forward 64x64x64", "RmsNorm.Forward 16x128", "CachedAttention.Forward 16 of 64", "prefill 1x", "decode 1", "stage-1 step 2x", "stage-2 step 2x"])
        {
            Assert.Contains($"| {row}", table, StringComparison.Ordinal);
        }

        // PyTorch is another matter; where it is missing, its parts are told and cost nothing else.
        Assert.Contains("| PyTorch ops |", table, StringComparison.Ordinal);
        Assert.Contains("| transformers |", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_WithoutADriver_SaysSoOnceAndRunsWhatNeedsNone()
    {
        Assert.SkipWhen(CudaDevices.IsGpu, "There is a driver.");
        (int exit, string output, string error) = LlavaProcess.RunOther("LlavaCuda.GpuCheck", [("LLAVACUDA_CUDA_PATH", _files.Folder)], ["run", _files.Folder, ReferenceFiles.Shipped("model"), "--rehearse"]);
        Assert.Equal(1, exit);
        Assert.Empty(error);
        Assert.Contains("| device | FAILED: exit code 1; The NVIDIA driver", output, StringComparison.Ordinal);
        Assert.Contains("| device tests | FAILED: not run: no CUDA device |", output, StringComparison.Ordinal);
        Assert.Contains("| model | FAILED: not run: no CUDA device |", output, StringComparison.Ordinal);
        Assert.DoesNotContain("| PyTorch ops | FAILED: not run", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_WhereResultsCannotBe_SaysSoInOneLine()
    {
        Directory.CreateDirectory(_files.Report);
        (int exit, _, string error) = LlavaProcess.RunOther("LlavaCuda.GpuCheck", [], ["run", _files.Folder, ReferenceFiles.Shipped("model"), "--rehearse"]);
        Assert.Equal(1, exit);
        Assert.Single(error.Trim().Split('\n'));
        Assert.Contains(_files.Report, error, StringComparison.Ordinal);
    }
}
