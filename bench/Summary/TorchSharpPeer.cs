using System.Diagnostics;
using System.Globalization;

namespace LlavaCuda.Bench.Summary;

/// <summary>
/// The same model in TorchSharp, in a process of its own that answers names of workloads with rates, so that both sides can take turns. While it waits it computes nothing.
/// </summary>
internal sealed class TorchSharpPeer : IDisposable
{
    private readonly Process _process;

    private TorchSharpPeer(Process process, string description)
    {
        _process = process;
        Description = description;
    }

    /// <summary>Gets its version and number of threads.</summary>
    internal string Description { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Starts it; the first time that takes minutes, because a system root is made for it.</summary>
    /// <param name="folder">Where <c>run.sh</c> is.</param>
    /// <param name="threads">Threads that it may use.</param>
    /// <param name="reason">Why it cannot run here.</param>
    /// <returns>The peer, or null.</returns>
    internal static TorchSharpPeer? TryStart(string folder, int threads, out string reason)
    {
        reason = "TorchSharp not run: it needs Linux on x64";
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        ProcessStartInfo start = new(Path.Combine(folder, "run.sh"), [threads.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process = Process.Start(start)!;
        string complaint = string.Empty;
        process.ErrorDataReceived += (_, line) => complaint = string.IsNullOrWhiteSpace(line.Data) ? complaint : line.Data;
        process.BeginErrorReadLine();
        if (process.StandardOutput.ReadLine() is string description)
        {
            return new TorchSharpPeer(process, description);
        }

        process.WaitForExit();
        process.Dispose();
        reason = $"TorchSharp not run: {complaint}";
        return null;
    }

    /// <summary>Runs a workload.</summary>
    /// <param name="workload">pretrain, finetune, prefill or decode.</param>
    /// <returns>Tokens (or rows) a second.</returns>
    internal double Measure(string workload)
    {
        _process.StandardInput.WriteLine(workload);
        return double.Parse(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"TorchSharp failed in {workload}."), CultureInfo.InvariantCulture);
    }
}
