using System.Diagnostics;
using System.Text.RegularExpressions;
using LlavaCuda.Bench.Gpu;

namespace LlavaCuda.Tests.Bench;

/// <summary>A part of the GPU check: however its process ends or does not, its outcome tells it, in time.</summary>
public sealed class CheckPartTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Run_ThatSucceeds_Passes()
    {
        StringWriter log = new();
        CheckOutcome outcome = await Shell("echo one; echo two >&2").RunAsync(Long, log, TestContext.Current.CancellationToken);
        Assert.True(outcome.Passed, outcome.End);
        Assert.Equal("ok", outcome.End);
        Assert.Equal(["one", "two"], outcome.LastLines.Order());
        Assert.Contains("[part] one", log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ThatFails_TellsTheCode()
    {
        CheckOutcome outcome = await Run("echo broken; exit 7", Long);
        Assert.False(outcome.Passed);
        Assert.Equal("exit code 7", outcome.End);
        Assert.Equal(["broken"], outcome.LastLines);
    }

    [Fact]
    public async Task Run_WithoutTheProgram_TellsItsName()
    {
        CheckPart part = new("part", Long, "no-such-program", []);
        CheckOutcome outcome = await part.RunAsync(Long, TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.False(outcome.Passed);
        Assert.Contains("no-such-program", outcome.End, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithoutItsEvidence_Fails()
    {
        CheckPart part = Shell("echo 'Total: 0'") with { Evidence = new Regex("Total: [1-9]") };
        CheckOutcome none = await part.RunAsync(Long, TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.False(none.Passed);
        Assert.Contains("Total: [1-9]", none.End, StringComparison.Ordinal);
        CheckOutcome some = await (part with { Arguments = ["-c", "echo 'Total: 5'"] }).RunAsync(Long, TextWriter.Null, TestContext.Current.CancellationToken);
        Assert.True(some.Passed, some.End);
    }

    [Theory]
    [InlineData("   LlavaCuda.Tests  Total: 0, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.1s", false)]
    [InlineData("   LlavaCuda.Tests  Total: 12, Errors: 0, Failed: 0, Skipped: 12, Not Run: 0, Time: 0.1s", false)]
    [InlineData("   LlavaCuda.Tests  Total: 12, Errors: 0, Failed: 0, Skipped: 1, Not Run: 0, Time: 0.1s", true)]
    [InlineData("   LlavaCuda.Tests  Total: 2089, Errors: 0, Failed: 0, Skipped: 208, Not Run: 0, Time: 0.1s", true)]
    public void Evidence_OfTheDeviceTests_IsATestThatRan(string line, bool ran) =>
        Assert.Equal(ran, CheckPlan.Full(new CheckFiles("."), ".").Parts.Single(static p => p.Name == "device tests").Evidence!.IsMatch(line));

    [Fact]
    public async Task Run_ThatHangs_EndsAtItsLimit()
    {
        Stopwatch clock = Stopwatch.StartNew();
        CheckOutcome outcome = await Run("sleep 300", TimeSpan.FromSeconds(2));
        Assert.False(outcome.Passed);
        Assert.Equal("stopped at its limit of 2 s", outcome.End);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
    }

    // A process that is left behind keeps the output open.
    [Fact]
    public async Task Run_WhoseChildOutlivesIt_EndsAtTheLimit()
    {
        Stopwatch clock = Stopwatch.StartNew();
        CheckOutcome outcome = await Run("sleep 8 & echo done", TimeSpan.FromSeconds(5));
        Assert.True(outcome.Passed, outcome.End);
        Assert.Equal(["done"], outcome.LastLines);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task Run_ThatIsStopped_SaysSo()
    {
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(0.5));
        CheckOutcome outcome = await Shell("sleep 300").RunAsync(Long, TextWriter.Null, stop.Token);
        Assert.False(outcome.Passed);
        Assert.Equal("interrupted", outcome.End);
    }

    private static Task<CheckOutcome> Run(string script, TimeSpan limit) => Shell(script).RunAsync(limit, TextWriter.Null, TestContext.Current.CancellationToken);

    private static CheckPart Shell(string script)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The check runs on Linux only.");
        return new CheckPart("part", Long, "/bin/sh", ["-c", script]);
    }
}
