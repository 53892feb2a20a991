using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace LlavaCuda.Bench.Gpu;

/// <summary>
/// All that needs a GPU, in parts that cannot take each other down: the device tests, <c>verify</c>, the kernels, a 7B model, and PyTorch beside them. Writes <c>gpu.json</c> and
/// <c>gpu.md</c> after every part, so that what was measured survives whatever ends the check.
/// </summary>
/// <param name="files">Where results go.</param>
/// <param name="plan">What is run.</param>
internal sealed class GpuCheck(CheckFiles files, CheckPlan plan)
{
    private readonly string _date = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
    private readonly List<CheckOutcome> _outcomes = [];
    private bool _opens = true;

    /// <summary>Runs the check and prints the table last.</summary>
    /// <param name="output">Receives progress and the table.</param>
    /// <param name="stop">Ends the part that runs; the others are told as not run.</param>
    /// <returns>Whether every part passed.</returns>
    internal async Task<bool> RunAsync(TextWriter output, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        files.Clear();
        using StreamWriter log = new(files.Log) { AutoFlush = true };
        using TextWriter both = TextWriter.Synchronized(new TeeWriter(output, log));
        GpuReport report = Report();
        foreach ((int index, CheckPart part) in plan.Parts.Index())
        {
            TimeSpan left = plan.Whole - Stopwatch.GetElapsedTime(start), limit = plan.LimitOf(index, left);
            if (WhyNot(part, left, stop) is { } reason)
            {
                _outcomes.Add(new CheckOutcome(part.Name, false, $"not run: {reason}", 0, []));
            }
            else
            {
                both.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{index + 1}/{plan.Parts.Count}] {part.Name}, at most {limit.TotalSeconds:F0} s; {left.TotalSeconds:F0} s left for all"));
                _outcomes.Add(await part.RunAsync(limit, both, stop));
                _opens &= !part.OpensDevice || _outcomes[^1].Passed;
            }

            report = Report();
            GpuJson.Write(files.Report, report);
            await File.WriteAllTextAsync(files.Table, report.ToMarkdown(), CancellationToken.None);
        }

        output.WriteLine();
        output.Write(report.ToMarkdown());

        // Once more where it cannot be missed, below a long table.
        string[] failed = [.. _outcomes.Where(static o => !o.Passed).Select(static o => o.Name)];
        output.WriteLine(failed.Length == 0 ? "\nAll parts passed." : $"\nFAILED: {string.Join(", ", failed)}.");
        return failed.Length == 0;
    }

    private string? WhyNot(CheckPart part, TimeSpan left, CancellationToken stop) =>
        stop.IsCancellationRequested ? "interrupted"
        : left <= TimeSpan.Zero ? "no time was left"
        : part.NeedsDevice && !_opens ? "no CUDA device"
        : null;

    private GpuReport Report()
    {
        List<string> notes = [];
        DeviceFigures? device = GpuJson.Read<DeviceFigures>(files.Device, notes);
        PartFigures kernels = GpuJson.Read<PartFigures>(files.Kernels, notes) ?? new([], []), model = GpuJson.Read<PartFigures>(files.Model, notes) ?? new([], []);
        PeerFigures ops = GpuJson.Read<PeerFigures>(files.Ops, notes) ?? PeerFigures.None, steps = GpuJson.Read<PeerFigures>(files.Steps, notes) ?? PeerFigures.None;
        IReadOnlyList<GpuRow> kernelRows = kernels.Rows ?? [], modelRows = model.Rows ?? [];
        string?[] versions = [device?.Versions, $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}", ops.Versions, steps.Versions];
        return new GpuReport(
            plan.Title,
            _date,
            device?.Device ?? "no CUDA device",
            [.. versions.OfType<string>().Distinct()],
            [.. _outcomes],
            [.. ops.BesideOps(kernelRows), .. steps.BesideModel(modelRows)],
            [.. notes, .. kernels.Notes ?? [], .. model.Notes ?? [], .. ops.Unclaimed(kernelRows.Select(static r => r.Name), "s"), .. steps.Unclaimed(modelRows.Select(static r => r.PeerKey), "tokens/s")]);
    }
}
