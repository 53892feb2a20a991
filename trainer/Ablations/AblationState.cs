using System.Text.Json;
using System.Text.Json.Serialization;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Trainer.Training;

namespace LlavaCuda.Trainer.Ablations;

/// <summary>
/// How far the ablations are, as <c>ablations.json</c> in their folder holds it: what was asked for, the finished parts, and the results
/// so far.
/// </summary>
internal sealed record AblationState
{
    private const string FileName = "ablations.json";

    /// <summary>Gets everything that the results depend on, but the number of seeds.</summary>
    [JsonPropertyName("request")]
    public required SortedDictionary<string, string> Request { get; init; }

    /// <summary>Gets the finished parts.</summary>
    [JsonPropertyName("finished")]
    public SortedSet<string> Finished { get; init; } = [];

    /// <summary>Gets the results.</summary>
    [JsonPropertyName("results")]
    public List<AblationResult> Results { get; init; } = [];

    /// <summary>Gets or sets the seconds that they took so far.</summary>
    [JsonPropertyName("seconds")]
    public double Seconds { get; set; }

    /// <summary>Gets the path of the file.</summary>
    /// <param name="folder">The folder of the ablations.</param>
    internal static string PathIn(string folder) => Path.Combine(folder, FileName);

    /// <summary>Begins.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="device">Where it computes.</param>
    internal static AblationState Of(AblationOptions options, Device device) => new()
    {
        Request = new(StringComparer.Ordinal)
        {
            ["captions"] = $"{options.Captions}",
            ["problems"] = $"{options.Problems}",
            ["questions"] = $"{options.Questions}",
            ["pretrain steps"] = $"{options.PretrainSteps}",
            ["finetune steps"] = $"{options.FinetuneSteps}",
            ["base steps"] = $"{options.BaseSteps.Tower}, {options.BaseSteps.Lists}, {options.BaseSteps.Reading}",
            ["device"] = device is CudaDevice ? device.Description : $"cpu, {device.ComputeType}",
            ["program"] = RunReport.ProgramVersion,
        },
    };

    /// <summary>Reads the state of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="InvalidDataException">The file is not that of ablations; it is named.</exception>
    internal static AblationState? TryRead(string folder)
    {
        string path = PathIn(folder);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), AblationStateJson.Default.AblationState) is { Request: not null, Finished: not null, Results: not null } state
                ? state
                : throw new InvalidDataException($"{path} does not hold the state of ablations; delete it to start over.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path} is not the JSON of ablations (line {error.LineNumber + 1}); delete it to start over.", error);
        }
    }

    /// <summary>Names the first thing that another request differs in, or null.</summary>
    /// <param name="other">The other.</param>
    internal string? FirstDifference(AblationState other) =>
        Request.Keys.Union(other.Request.Keys).FirstOrDefault(key => Request.GetValueOrDefault(key) != other.Request.GetValueOrDefault(key));

    /// <summary>Gets the result of a variant with a seed, or null.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="seed">The seed.</param>
    internal AblationResult? Find(AblationVariant variant, int seed) => Results.Find(result => result.Variant == variant.Name && result.Seed == seed);

    /// <summary>Writes the file.</summary>
    /// <param name="folder">The folder of the ablations.</param>
    internal void Write(string folder) => AtomicFile.Write(PathIn(folder), stream => JsonSerializer.Serialize(stream, this, AblationStateJson.Default.AblationState));
}

/// <summary>Reads and writes the state without reflection, so that a trimmed program can.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(AblationState))]
internal sealed partial class AblationStateJson : JsonSerializerContext;
