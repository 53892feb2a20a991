using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using LlavaCuda.Devices;
using LlavaCuda.Native;

namespace LlavaCuda.Bench.Gpu;

/// <summary>
/// <c>gpu-check</c>: all that needs a GPU, in parts that cannot take each other down: the device tests, <c>verify</c>, the kernels, a 7B model, and PyTorch beside them. Runs from a
/// published folder that also holds the tests and the <c>llava</c> program; writes <c>gpu.json</c> and <c>gpu.md</c> and prints the table last.
/// </summary>
internal static class GpuCheckCommand
{
    private static readonly TimeSpan Whole = TimeSpan.FromMinutes(9.5);

    /// <summary>Runs the check.</summary>
    /// <param name="folder">Where results go.</param>
    /// <param name="reference">A model folder with a reference, for <c>verify</c>.</param>
    /// <returns>0 when every part passed.</returns>
    internal static int Run(string folder, string reference)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        Directory.CreateDirectory(folder);
        (string device, List<string> versions) = Describe();
        Files files = new(folder);
        double peak = DensePeak.Of(device) ?? 0;
        List<CheckOutcome> outcomes = [];
        foreach (CheckPart part in Parts(files, reference, peak))
        {
            TimeSpan left = Whole - System.Diagnostics.Stopwatch.GetElapsedTime(start);
            outcomes.Add(left > TimeSpan.Zero ? part.Run(left) : new CheckOutcome(part.Name, false, "no time was left", 0, []));
        }

        List<GpuRow> rows = Merge(files, versions);
        GpuReport report = new(DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), device, versions, outcomes, rows);
        GpuJson.Write(Path.Combine(folder, "gpu.json"), report);
        string table = report.ToMarkdown();
        File.WriteAllText(Path.Combine(folder, "gpu.md"), table);
        Console.WriteLine();
        Console.Write(table);
        return outcomes.All(static o => o.Passed) ? 0 : 1;
    }

    private static (string Device, List<string> Versions) Describe()
    {
        using CudaDevice device = new();
        return (device.Description,
        [
            $"CUDA driver {NativeLoader.Find(NativeComponent.Driver).Version}, NVRTC {NativeLoader.Find(NativeComponent.Nvrtc).Version}, cuBLASLt {NativeLoader.Find(NativeComponent.CublasLt).Version}",
            $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}",
        ]);
    }

    private static IEnumerable<CheckPart> Parts(Files files, string reference, double peak)
    {
        string here = AppContext.BaseDirectory;
        string self = Path.Combine(here, "LlavaCuda.Bench");
        string config = Path.Combine(here, "peers", "llava-1.5-7b.json");
        string peers = Path.Combine(here, "peers", "transformers");
        yield return new CheckPart("device tests", TimeSpan.FromSeconds(120), Path.Combine(here, "LlavaCuda.Tests"), ["-trait", "Category=Emulator"])
        {
            Environment = new Dictionary<string, string> { ["LLAVACUDA_TEST_DEVICE"] = "gpu" },
        };
        foreach (string precision in (string[])["fp32", "bf16"])
        {
            yield return new CheckPart($"verify {precision}", TimeSpan.FromSeconds(30), Path.Combine(here, "llava"), ["verify", "--model", reference, "--device", "cuda", "--precision", precision]);
        }

        yield return new CheckPart("kernels", TimeSpan.FromSeconds(90), self, ["gpu", "kernels", files.Kernels]);
        yield return new CheckPart("PyTorch ops", TimeSpan.FromSeconds(70), "python3", [Path.Combine(peers, "ops.py"), "--json", files.Ops]);
        yield return new CheckPart("7B model", TimeSpan.FromSeconds(120), self, ["gpu", "model", files.Model, config, peak.ToString(CultureInfo.InvariantCulture)]);
        yield return new CheckPart("transformers", TimeSpan.FromSeconds(110), "python3",
            [Path.Combine(peers, "step.py"), config, "--device", "cuda", "--dtype", "bfloat16", "--batch", $"{Files.PeerBatch}", "--text", $"{LargeModelPart.Tokens}", "--steps", "3", "--json", files.Step]);
    }

    // Same names on both sides; a row whose peer is missing says why.
    private static List<GpuRow> Merge(Files files, List<string> versions)
    {
        List<GpuRow> rows = [];
        JsonElement ops = GpuJson.Read<JsonElement>(files.Ops);
        foreach (GpuRow row in GpuJson.Read<List<GpuRow>>(files.Kernels) ?? [])
        {
            double? seconds = Number(ops, "seconds", row.Name);
            rows.Add(row with { Peer = seconds / row.Seconds, PeerName = Text(ops, "how", row.Name) });
        }

        JsonElement step = GpuJson.Read<JsonElement>(files.Step);
        foreach (GpuRow row in GpuJson.Read<List<GpuRow>>(files.Model) ?? [])
        {
            string key = row.Name.StartsWith("stage-1", StringComparison.Ordinal) ? "pretrain" : row.Name.StartsWith("stage-2", StringComparison.Ordinal) ? "finetune" : row.Name.Split(' ')[0];
            bool same = !row.Name.StartsWith("stage", StringComparison.Ordinal) || row.Name.Contains($" {Files.PeerBatch}x", StringComparison.Ordinal);
            double? rate = same ? Number(step, key, "tokens_per_second") : null;
            rows.Add(row with { Peer = row.Value / rate, PeerName = rate is null ? null : "transformers" });
        }

        foreach (JsonElement peer in (JsonElement[])[ops, step])
        {
            if (peer.ValueKind == JsonValueKind.Object && peer.TryGetProperty("versions", out JsonElement version))
            {
                versions.Add(version.GetString()!);
            }
        }

        return rows;
    }

    private static double? Number(JsonElement root, string group, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(group, out JsonElement all) && all.TryGetProperty(name, out JsonElement one) ? one.GetDouble() : null;

    private static string? Text(JsonElement root, string group, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(group, out JsonElement all) && all.TryGetProperty(name, out JsonElement one) ? one.GetString() : null;

    /// <summary>What the parts write.</summary>
    private sealed record Files(string Folder)
    {
        /// <summary>Samples of the peer's step; ours of as many are compared with it.</summary>
        internal const int PeerBatch = 4;

        internal string Kernels => Path.Combine(Folder, "kernels.json");

        internal string Ops => Path.Combine(Folder, "torch-ops.json");

        internal string Model => Path.Combine(Folder, "model.json");

        internal string Step => Path.Combine(Folder, "transformers.json");
    }
}
