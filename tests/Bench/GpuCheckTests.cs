using LlavaCuda.Bench.Gpu;

namespace LlavaCuda.Tests.Bench;

/// <summary>The report of the GPU check: it is there whatever the parts did, and never has figures of another run.</summary>
public sealed class GpuCheckTests : IDisposable
{
    private const string Kernels = """{"rows":[{"name":"A.Forward 8","seconds":0.5,"value":3,"unit":"GB/s","share":0.75,"of":"copy"},{"name":"B.Forward 8","seconds":2,"value":4,"unit":"GB/s"}],"notes":["C.Forward does not fit: x"]}""";
    private const string Model = """{"rows":[{"name":"decode 1","seconds":0.01,"value":100,"unit":"tokens/s","peerKey":"decode"}],"notes":[]}""";
    private readonly CheckFiles _files = new(Directory.CreateTempSubdirectory("llava-check-").FullName);

    public GpuCheckTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "The check runs on Linux only.");

    public void Dispose() => Directory.Delete(_files.Folder, recursive: true);

    [Fact]
    public async Task Report_WithPeers_HasTheirRatios()
    {
        string table = await Run(
            Part("kernels", _files.Kernels, Kernels),
            Part("ops", _files.Ops, """{"versions":"torch 2","figures":{"A.Forward 8":1.0},"how":{"A.Forward 8":"fused","B.Forward 8":"failed: no such op"}}"""),
            Part("model", _files.Model, Model),
            Part("steps", _files.Steps, """{"versions":"torch 2","figures":{"decode":50},"how":{"decode":"transformers"}}"""));
        Assert.Contains("| A.Forward 8 | 500.0 ms | 3.0 GB/s | 75 % of copy | 2.00 × fused |", table, StringComparison.Ordinal);
        Assert.Contains("| B.Forward 8 | 2000.0 ms | 4.0 GB/s |  | failed: no such op |", table, StringComparison.Ordinal);
        Assert.Contains("| decode 1 | 10.0 ms | 100.0 tokens/s |  | 2.00 × transformers |", table, StringComparison.Ordinal);
        Assert.Contains("- C.Forward does not fit: x", table, StringComparison.Ordinal);
        Assert.Single(table.Split("torch 2").Skip(1));
    }

    [Fact]
    public async Task Report_WithFiguresThatOnlyThePeerHas_NotesThem()
    {
        string table = await Run(
            Part("ops", _files.Ops, """{"figures":{"A.Forward 8":0.25},"how":{"A.Forward 8":"fused"}}"""),
            Part("model", _files.Model, Model),
            Part("steps", _files.Steps, """{"figures":{"decode":50},"how":{"decode":"transformers","finetune":"failed: out of memory"}}"""));
        Assert.Contains("- A.Forward 8, peer only: 0.25 s, fused", table, StringComparison.Ordinal);
        Assert.Contains("- finetune, peer only: failed: out of memory", table, StringComparison.Ordinal);
        Assert.DoesNotContain("decode, peer only", table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"figures":{"A.Forward 8":""")]
    [InlineData("""{"figures":{"A.Forward 8":"soon"}}""")]
    [InlineData("""[1, 2]""")]
    [InlineData("")]
    public async Task Report_WithAFileOfAnotherShape_NamesItAndHasTheRest(string torn)
    {
        string table = await Run(Part("kernels", _files.Kernels, Kernels), Part("ops", _files.Ops, torn), Part("model", _files.Model, Model), Part("steps", _files.Steps, torn));
        Assert.Contains("| A.Forward 8 | 500.0 ms | 3.0 GB/s | 75 % of copy |  |", table, StringComparison.Ordinal);
        Assert.Contains("| decode 1 |", table, StringComparison.Ordinal);
        Assert.Contains("torch-ops.json is left out", table, StringComparison.Ordinal);
        Assert.Contains("transformers.json is left out", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_AfterAFailure_HasNoOldFigures()
    {
        await Run(Part("kernels", _files.Kernels, Kernels));
        string table = await Run(new CheckPart("kernels", TimeSpan.FromMinutes(1), "/bin/sh", ["-c", "echo no | tr o O; exit 3"]));
        Assert.DoesNotContain("A.Forward", table, StringComparison.Ordinal);
        Assert.Contains("| kernels | FAILED: exit code 3; nO |", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_WhenStopped_HasWhatWasDone()
    {
        using CancellationTokenSource stop = new();
        CheckPart stopping = Part("kernels", _files.Kernels, Kernels) with { Arguments = ["-c", $"echo '{Kernels}' > {_files.Kernels}; sleep 300"] };
        Task<(bool, string)> run = Run(stop.Token, stopping, Part("model", _files.Model, Model));
        while (!File.Exists(_files.Kernels) || await File.ReadAllTextAsync(_files.Kernels, TestContext.Current.CancellationToken) is not [.., '\n'])
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        (bool passed, string table) = await run;
        Assert.False(passed);
        Assert.Contains("A.Forward 8", table, StringComparison.Ordinal);
        Assert.Contains("| kernels | FAILED: interrupted |", table, StringComparison.Ordinal);
        Assert.Contains("| model | FAILED: not run: interrupted |", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_OfAllParts_AreWithinTheWhole()
    {
        CheckPlan plan = CheckPlan.Full(_files, "reference");
        Assert.True(plan.Parts.Sum(static part => part.Limit.TotalSeconds) < plan.Whole.TotalSeconds);
        Assert.True(plan.Whole < TimeSpan.FromMinutes(10));
    }

    [Fact]
    public void Limit_OfAPart_HasWhatThoseBeforeItLeft()
    {
        CheckPlan plan = new(TimeSpan.FromSeconds(100), [Kept(30), Kept(20), Kept(40)]);
        Assert.Equal(40, plan.LimitOf(0, plan.Whole).TotalSeconds);
        Assert.Equal(58, plan.LimitOf(1, TimeSpan.FromSeconds(98)).TotalSeconds);
        Assert.Equal(20, plan.LimitOf(1, TimeSpan.FromSeconds(50)).TotalSeconds);
        Assert.Equal(10, plan.LimitOf(1, TimeSpan.FromSeconds(10)).TotalSeconds);
        Assert.Equal(70, plan.LimitOf(2, TimeSpan.FromSeconds(70)).TotalSeconds);
        Assert.True(plan.LimitOf(2, TimeSpan.FromSeconds(-1)) < TimeSpan.Zero);

        static CheckPart Kept(int seconds) => new("any", TimeSpan.FromSeconds(seconds), "any", []);
    }

    [Theory]
    [InlineData("NVIDIA H200", 989.4)]
    [InlineData("NVIDIA H200 NVL", 835.0)]
    [InlineData("NVIDIA H100 80GB HBM3", 989.4)]
    [InlineData("NVIDIA A100-SXM4-80GB", 311.9)]
    [InlineData("NVIDIA A10G", null)]
    [InlineData("Emulated GPU", null)]
    public void Peak_OfADevice_IsItsOwn(string name, double? teraflops) => Assert.Equal(teraflops, DensePeak.Of(name));

    private static CheckPart Part(string name, string file, string content) => new(name, TimeSpan.FromMinutes(1), "/bin/sh", ["-c", $"printf '%s' '{content}' > '{file}'"]) { NeedsDevice = false };

    private async Task<string> Run(params CheckPart[] parts)
    {
        (bool passed, string table) = await Run(TestContext.Current.CancellationToken, parts);
        Assert.Equal(!table.Contains("FAILED", StringComparison.Ordinal), passed);
        return table;
    }

    private async Task<(bool Passed, string Table)> Run(CancellationToken stop, params CheckPart[] parts)
    {
        StringWriter output = new();
        bool passed = await new GpuCheck(_files, new CheckPlan(TimeSpan.FromMinutes(2), parts)).RunAsync(output, stop);
        string table = await File.ReadAllTextAsync(_files.Table, CancellationToken.None);
        Assert.EndsWith(table + (passed ? "\nAll parts passed.\n" : $"\nFAILED: {string.Join(", ", parts.Select(static p => p.Name).Where(name => table.Contains($"| {name} | FAILED", StringComparison.Ordinal)))}.\n"), output.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"rows\"", await File.ReadAllTextAsync(_files.Report, CancellationToken.None), StringComparison.Ordinal);
        return (passed, table);
    }
}
