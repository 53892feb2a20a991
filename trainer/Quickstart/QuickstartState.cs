using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>
/// How far a quickstart is, as <c>quickstart.json</c> in its folder holds it: what it was asked for, and a hash of what each finished part has left. A quickstart that is started again goes on
/// only with parts that were made for the same request and are still as they were.
/// </summary>
internal sealed record QuickstartState
{
    private const string FileName = "quickstart.json";

    /// <summary>Gets everything that the parts depend on.</summary>
    [JsonPropertyName("request")]
    public required SortedDictionary<string, string> Request { get; init; }

    /// <summary>Gets the finished parts, each with the hash of its files.</summary>
    [JsonPropertyName("finished")]
    public SortedDictionary<string, string> Finished { get; init; } = [];

    /// <summary>Gets or sets the seconds that it took so far.</summary>
    [JsonPropertyName("seconds")]
    public double Seconds { get; set; }

    /// <summary>Lists what a quickstart's results depend on.</summary>
    /// <param name="options">Its options.</param>
    /// <param name="baseFolder">The base models.</param>
    /// <param name="device">Where it computes.</param>
    /// <returns>The request of a quickstart that has not begun.</returns>
    internal static QuickstartState Of(QuickstartOptions options, string baseFolder, Device device) => new()
    {
        Request = new(StringComparer.Ordinal)
        {
            ["seed"] = $"{options.Seed}",
            ["pictures"] = $"{options.Pictures}",
            ["pretrain steps"] = $"{options.PretrainSteps}",
            ["finetune steps"] = $"{options.FinetuneSteps}",
            ["questions"] = $"{options.Questions}",
            ["base"] = HashOf(baseFolder, hashContents: true) ?? "missing",

            // Neither the number of threads nor the load of the machine matters; the kind of device does.
            ["device"] = device is CudaDevice ? device.Description : $"cpu, {device.ComputeType}",
            ["program"] = RunReport.ProgramVersion,
        },
    };

    /// <summary>Tells whether a folder is that of a quickstart, also where its state is damaged.</summary>
    internal static bool Exists(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads the state of a folder.</summary>
    /// <returns>Null where there is none that can be read.</returns>
    internal static QuickstartState? TryRead(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize(File.ReadAllBytes(path), QuickstartStateJson.Default.QuickstartState) is { Request: not null, Finished: not null } state ? state : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Names the first thing that another request differs in, or null.</summary>
    internal string? FirstDifference(QuickstartState other) => Request.Keys.Union(other.Request.Keys).FirstOrDefault(key => Request.GetValueOrDefault(key) != other.Request.GetValueOrDefault(key));

    /// <summary>Tells whether a part is finished and its files are as they were then.</summary>
    internal bool IsFinished(string part, string folder, bool hashContents) =>
        Finished.TryGetValue(part, out string? hash) && hash == HashOf(folder, hashContents);

    /// <summary>Notes that a part is finished and keeps that.</summary>
    internal void Finish(string part, string partFolder, bool hashContents, string folder)
    {
        Finished[part] = HashOf(partFolder, hashContents) ?? throw new DirectoryNotFoundException(partFolder);
        Write(folder);
    }

    /// <summary>Writes the file.</summary>
    internal void Write(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, this, QuickstartStateJson.Default.QuickstartState));

    // Names and sizes, or names and contents; logs may change without harm.
    private static string? HashOf(string folder, bool hashContents)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => !IsLog(Path.GetRelativePath(folder, path))).Order(StringComparer.Ordinal))
        {
            bool contents = hashContents || path.EndsWith(".json", StringComparison.Ordinal);
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{Path.GetRelativePath(folder, path).Replace('\\', '/')}\n{new FileInfo(path).Length}\n"));
            if (contents)
            {
                using FileStream file = File.OpenRead(path);
                hash.AppendData(SHA256.HashData(file));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool IsLog(string file) => file.StartsWith("tensorboard", StringComparison.Ordinal) || file is "loss.png" or "metrics.jsonl" or "training.json";
}

/// <summary>Reads and writes the state without reflection, so that a trimmed program can.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(QuickstartState))]
internal sealed partial class QuickstartStateJson : JsonSerializerContext;
