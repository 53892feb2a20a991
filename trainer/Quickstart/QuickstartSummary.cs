using System.Text.Json;
using System.Text.Json.Serialization;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>The figures of a quickstart, as <c>summary.json</c> holds them.</summary>
internal sealed record QuickstartSummary
{
    /// <summary>Gets the share of right answers to questions that need the picture but no look-up.</summary>
    [JsonPropertyName("accuracy")]
    public required double Accuracy { get; init; }

    /// <summary>Gets the same with a black picture.</summary>
    [JsonPropertyName("accuracy_blank")]
    public required double AccuracyBlank { get; init; }

    /// <summary>Gets the share of right answers to look-up questions.</summary>
    [JsonPropertyName("accuracy_lookup")]
    public required double AccuracyLookup { get; init; }

    /// <summary>Gets the expected score of naming any attribute that is present instead of looking it up.</summary>
    [JsonPropertyName("floor_lookup")]
    public required double FloorLookup { get; init; }

    /// <summary>Gets the accuracy by kind of question.</summary>
    [JsonPropertyName("accuracy_by_kind")]
    public required IReadOnlyDictionary<string, double> AccuracyByKind { get; init; }

    /// <summary>Gets the seconds from start to end.</summary>
    [JsonPropertyName("seconds")]
    public required double Seconds { get; init; }

    /// <summary>Gets the most memory that the process had resident, in MiB; 0 where the system does not tell.</summary>
    [JsonPropertyName("peak_rss_mib")]
    public required double PeakRssMib { get; init; }

    /// <summary>Gets the device.</summary>
    [JsonPropertyName("device")]
    public required string Device { get; init; }

    /// <summary>Gets the seed.</summary>
    [JsonPropertyName("seed")]
    public required int Seed { get; init; }

    /// <summary>Writes the file.</summary>
    /// <param name="path">Where.</param>
    internal void Write(string path) => File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(this, SummaryJson.Default.QuickstartSummary));
}

/// <summary>Writes the summary without reflection, so that a trimmed program can.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(QuickstartSummary))]
internal sealed partial class SummaryJson : JsonSerializerContext;
