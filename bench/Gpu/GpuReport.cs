using System.Globalization;
using System.Text;

namespace LlavaCuda.Bench.Gpu;

/// <summary>A GPU run: when and on what, which parts passed, and the figures.</summary>
/// <param name="Title">What it is.</param>
/// <param name="Date">When, in UTC.</param>
/// <param name="Device">The GPU.</param>
/// <param name="Versions">Driver, NVRTC, cuBLASLt, .NET, PyTorch and transformers.</param>
/// <param name="Parts">The parts.</param>
/// <param name="Rows">The figures.</param>
/// <param name="Notes">What could not be measured, and why.</param>
internal sealed record GpuReport(string Title, string Date, string Device, IReadOnlyList<string> Versions, IReadOnlyList<CheckOutcome> Parts, IReadOnlyList<GpuRow> Rows, IReadOnlyList<string> Notes)
{
    /// <summary>Writes the report for people.</summary>
    /// <returns>Markdown.</returns>
    internal string ToMarkdown()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"# {Title}\n\n{Date} UTC, {Device}\n\n");
        foreach (string version in Versions)
        {
            text.Append("- ").Append(version).Append('\n');
        }

        text.Append("\n| part | | s |\n| --- | --- | --- |\n");
        foreach (CheckOutcome part in Parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {part.Name} | {(part.Passed ? "ok" : Cell($"FAILED: {part.End}{(part.LastLines.Count == 0 ? string.Empty : $"; {part.LastLines[^1]}")}"))} | {part.Seconds:F0} |\n");
        }

        if (Rows.Count > 0)
        {
            text.Append("\n| | time | rate | share of yardstick | times the peer |\n| --- | --- | --- | --- | --- |\n");
        }

        foreach (GpuRow row in Rows)
        {
            string share = row.Share is double part ? string.Create(CultureInfo.InvariantCulture, $"{100 * part:F0} % of {row.Of}") : string.Empty;
            string peer = row.Peer is double ratio ? string.Create(CultureInfo.InvariantCulture, $"{ratio:F2} × {Cell(row.PeerName)}") : Cell(row.PeerName);
            text.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {Time(row.Seconds)} | {row.Value:F1} {row.Unit} | {share} | {peer} |\n");
        }

        if (Notes.Count > 0)
        {
            text.Append('\n');
        }

        foreach (string note in Notes)
        {
            text.Append("- ").Append(note).Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(string? text) => text?.Replace('|', '/').Replace('\n', ' ') ?? string.Empty;

    private static string Time(double seconds) => seconds < 0.01
        ? string.Create(CultureInfo.InvariantCulture, $"{1e6 * seconds:F1} µs")
        : string.Create(CultureInfo.InvariantCulture, $"{1e3 * seconds:F1} ms");
}
