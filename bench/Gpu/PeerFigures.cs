using System.Globalization;

namespace LlavaCuda.Bench.Gpu;

/// <summary>What a PyTorch peer measured: <c>peers/transformers/ops.py</c> in seconds a call, <c>step.py</c> in tokens a second.</summary>
/// <param name="Versions">Of PyTorch and the like.</param>
/// <param name="Figures">By name.</param>
/// <param name="How">What was run, or why it failed, by name.</param>
internal sealed record PeerFigures(string? Versions, IReadOnlyDictionary<string, double>? Figures, IReadOnlyDictionary<string, string>? How)
{
    /// <summary>A peer that did not run.</summary>
    internal static readonly PeerFigures None = new(null, null, null);

    /// <summary>Puts the ops' times beside our rows.</summary>
    internal IEnumerable<GpuRow> BesideOps(IEnumerable<GpuRow> rows) =>
        rows.Select(row => row with { Peer = Figure(row.Name) / row.Seconds, PeerName = How?.GetValueOrDefault(row.Name) });

    /// <summary>Puts the model's rates beside our rows.</summary>
    internal IEnumerable<GpuRow> BesideModel(IEnumerable<GpuRow> rows) =>
        rows.Select(row => row.PeerKey is { } key ? row with { Peer = row.Value / Figure(key), PeerName = How?.GetValueOrDefault(key) } : row);

    /// <summary>Tells of the figures, and the failures, that have no row of ours: ours may not have fitted, or failed.</summary>
    /// <param name="names">The names of our rows.</param>
    /// <param name="unit">The figures' unit.</param>
    internal IEnumerable<string> Unclaimed(IEnumerable<string?> names, string unit) =>
        (How ?? new Dictionary<string, string>()).Where(how => !names.Contains(how.Key))
            .Select(how => Figure(how.Key) is double figure ? string.Create(CultureInfo.InvariantCulture, $"{how.Key}, peer only: {figure:G4} {unit}, {how.Value}") : $"{how.Key}, peer only: {how.Value}");

    private double? Figure(string name) => Figures is not null && Figures.TryGetValue(name, out double figure) && figure > 0 ? figure : null;
}
