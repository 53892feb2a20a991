using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using LlavaCuda.Devices;
using LlavaCuda.Native;

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
    private string _device = string.Empty;
    private bool _opens;
    private string[] _versions = [];

    /// <summary>Runs the check and prints the table last.</summary>
    /// <param name="output">Receives progress and the table.</param>
    /// <param name="stop">Ends the part that runs; the others are told as not run.</param>
    /// <returns>Whether every part passed.</returns>
    internal async Task<bool> RunAsync(TextWriter output, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        files.Clear();
        Describe();
        using StreamWriter log = new(files.Log) { AutoFlush = true };
        using TextWriter both = TextWriter.Synchronized(new TeeWriter(output, log));
        both.WriteLine(_device);
        GpuReport report = Report();
        foreach (CheckPart part in plan.Parts)
        {
            TimeSpan left = plan.Whole - Stopwatch.GetElapsedTime(start);
            if (WhyNot(part, left, stop) is { } reason)
            {
                _outcomes.Add(new CheckOutcome(part.Name, false, $"not run: {reason}", 0, []));
            }
            else
            {
                both.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{_outcomes.Count + 1}/{plan.Parts.Count}] {part.Name}, at most {part.Limit.TotalSeconds:F0} s; {left.TotalSeconds:F0} s left for all"));
                _outcomes.Add(await part.RunAsync(left, both, stop));
            }

            report = Report();
            GpuJson.Write(files.Report, report);
            await File.WriteAllTextAsync(files.Table, report.ToMarkdown(), CancellationToken.None);
        }

        output.WriteLine();
        output.Write(report.ToMarkdown());
        return _outcomes.TrueForAll(static o => o.Passed);
    }

    private string? WhyNot(CheckPart part, TimeSpan left, CancellationToken stop) =>
        stop.IsCancellationRequested ? "interrupted"
        : left <= TimeSpan.Zero ? "no time was left"
        : part.NeedsDevice && !_opens ? "no CUDA device"
        : null;

    // A device that cannot be opened costs the parts that need it, not the report.
    private void Describe()
    {
        try
        {
            using CudaDevice device = new();
            _device = device.Description;
            _opens = true;
            _versions =
            [
                $"CUDA driver {NativeLoader.Find(NativeComponent.Driver).Version}, NVRTC {NativeLoader.Find(NativeComponent.Nvrtc).Version}, cuBLASLt {NativeLoader.Find(NativeComponent.CublasLt).Version}",
            ];
        }
        catch (Exception error)
        {
            _device = $"no CUDA device: {error.Message}";
        }
    }

    private GpuReport Report()
    {
        List<string> notes = [];
        PartFigures kernels = GpuJson.Read<PartFigures>(files.Kernels, notes) ?? new([], []), model = GpuJson.Read<PartFigures>(files.Model, notes) ?? new([], []);
        PeerFigures ops = GpuJson.Read<PeerFigures>(files.Ops, notes) ?? PeerFigures.None, steps = GpuJson.Read<PeerFigures>(files.Steps, notes) ?? PeerFigures.None;
        IReadOnlyList<GpuRow> kernelRows = kernels.Rows ?? [], modelRows = model.Rows ?? [];
        string[] peers = [.. new[] { ops.Versions, steps.Versions }.OfType<string>().Distinct()];
        return new GpuReport(
            _date,
            _device,
            [.. _versions, $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}", .. peers],
            [.. _outcomes],
            [.. ops.BesideOps(kernelRows), .. steps.BesideModel(modelRows)],
            [.. notes, .. kernels.Notes ?? [], .. model.Notes ?? [], .. ops.Unclaimed(kernelRows.Select(static r => r.Name), "s"), .. steps.Unclaimed(modelRows.Select(static r => r.PeerKey), "tokens/s")]);
    }
}
