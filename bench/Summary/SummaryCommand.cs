using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace LlavaCuda.Bench.Summary;

/// <summary>Measures products, memory and the small model beside its peer; prints a table and writes <c>results/cpu.json</c>.</summary>
internal static class SummaryCommand
{
    private const int Rounds = 5;

    // Enough for the runtime to compile everything for good.
    private const int FirstWarmUps = 8;

    internal static void Run()
    {
        string folder = BenchFolder();
        RaisePriority();
        double? before = LoadAverage();
        Console.Error.WriteLine("starting TorchSharp (the first time takes minutes) ...");
        using TorchSharpPeer? peer = TorchSharpPeer.TryStart(Path.Combine(folder, "peers", "torchsharp"), Environment.ProcessorCount, out string reason);
        Console.Error.WriteLine("measuring products ...");
        GemmSummary gemm = GemmSummary.Measure();
        Console.Error.WriteLine("measuring the small model ...");
        using SmallModel model = new(Path.Combine(folder, "peers", "small.json"));
        List<SummaryRow> rows = [.. GemmRows(gemm)];
        foreach (Workload workload in Workload.Of(model))
        {
            rows.AddRange(ModelRows(workload, gemm, peer, peer?.Description ?? reason));
        }

        rows.Add(QuestionsAtOnce.Measure(folder: null));

        SummaryReport report = new(
            DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            $"{Environment.ProcessorCount} cores of an {Processor()}",
            $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSArchitecture}",
            model.Device,
            gemm.OpenBlas,
            peer?.Description ?? reason,
            before is double first && LoadAverage() is double last ? [first, last] : null,
            rows);
        report.Print(Console.Out);
        string file = Path.Combine(folder, "results", "cpu.json");
        report.Write(file);
        Console.WriteLine($"written to {file}");
    }

    private static IEnumerable<SummaryRow> GemmRows(GemmSummary gemm)
    {
        foreach (GemmRow row in gemm.Rows)
        {
            yield return new($"gemm {row.Form} {row.Size}", row.Ours, "GFLOP/s", row.Ratio, row.OpenBlas is null ? "OpenBLAS not found" : "OpenBLAS");
        }

        yield return new("memory read", gemm.ReadRate, "GB/s", null, null);
    }

    // Both sides take turns, so that whatever else the machine does meets both; the ratio is the median of the rounds' ratios.
    private static IEnumerable<SummaryRow> ModelRows(Workload workload, GemmSummary gemm, TorchSharpPeer? peer, string peerName)
    {
        double[] ours = new double[Rounds];
        double[] theirs = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            ours[round] = workload.Measure(round == 0 ? FirstWarmUps : 1);
            theirs[round] = peer?.Measure(workload.PeerName) ?? 0;
        }

        double rate = Statistics.Median(ours);
        double work = rate / workload.Tokens * workload.Cost / 1e9;
        yield return new(workload.Name, rate, "tokens/s", peer is null ? null : Statistics.Median(ours.Zip(theirs, static (a, b) => a / b)), peerName);
        if (peer is not null)
        {
            yield return new($"{workload.Name}, TorchSharp", Statistics.Median(theirs), "tokens/s", null, null);
        }

        yield return workload.BoundByMemory
            ? new($"{workload.Name}, bytes read", work, "GB/s", work / gemm.ReadRate, "memory-read rate")
            : new($"{workload.Name}, operations", work, "GFLOP/s", work / gemm.Rows.Max(static row => row.Ours), "best measured gemm rate");
    }

    // As BenchmarkDotNet does; children inherit it, so that the peer runs with the same right. Without permission everything runs as it is.
    private static void RaisePriority()
    {
        using Process self = Process.GetCurrentProcess();
        try
        {
            if (self.PriorityClass == ProcessPriorityClass.Normal)
            {
                self.PriorityClass = ProcessPriorityClass.High;
            }
        }
        catch (Win32Exception)
        {
            Console.Error.WriteLine("note: no permission to raise the priority; other programs may disturb the measurements");
        }
    }

    private static string BenchFolder()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "LlavaCuda.Bench.csproj")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException($"{AppContext.BaseDirectory} is not inside the folder of LlavaCuda.Bench.csproj; run the summary with dotnet run --project bench.");
    }

    private static string Processor()
    {
        const string Key = "model name";
        string? line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static double? LoadAverage() =>
        File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : null;
}
