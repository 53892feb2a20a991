using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LlavaCuda.Bench.Summary;

/// <summary>A run of the summary: when and on what, and its rows.</summary>
/// <param name="Date">When, in UTC.</param>
/// <param name="Machine">Cores and processor.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="Device">Our device's description of itself.</param>
/// <param name="OpenBlas">OpenBLAS's description of itself, or that it was not found.</param>
/// <param name="TorchSharp">The peer's versions, or why it did not run.</param>
/// <param name="LoadAverage">Processes that wanted a core in the minute before and in the minute after, or null where the system does not count them.</param>
/// <param name="Rows">The figures.</param>
internal sealed record SummaryReport(
    string Date, string Machine, string Runtime, string Device, string OpenBlas, string TorchSharp, double[]? LoadAverage, IReadOnlyList<SummaryRow> Rows)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Prints the report as a table.</summary>
    internal void Print(TextWriter output)
    {
        output.WriteLine($"{Date}, {Machine}, {Runtime}");
        output.WriteLine($"{Device}; beside {OpenBlas}; {TorchSharp}");
        if (LoadAverage is not null)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"load average {LoadAverage[0]:F1} before, {LoadAverage[^1]:F1} after"));
        }

        int name = Rows.Max(static row => row.Name.Length);
        int unit = Rows.Max(static row => row.Unit.Length);
        foreach (SummaryRow row in Rows)
        {
            string ratio = row.Ratio is double value ? value.ToString("F2", CultureInfo.InvariantCulture) + " × " : row.RatioTo is null ? string.Empty : "-      ";
            output.WriteLine($"{row.Name.PadRight(name)}  {row.Value.ToString("F1", CultureInfo.InvariantCulture),8} {row.Unit.PadRight(unit)}  {ratio}{row.RatioTo}");
        }
    }

    /// <summary>Writes the report as JSON, beside its place first.</summary>
    internal void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string beside = path + ".new";
        File.WriteAllText(beside, JsonSerializer.Serialize(this with { Rows = [.. Rows.Select(Rounded)] }, Json) + "\n");
        File.Move(beside, path, overwrite: true);
    }

    private static SummaryRow Rounded(SummaryRow row) =>
        row with { Value = Math.Round(row.Value, 2), Ratio = row.Ratio is double ratio ? Math.Round(ratio, 3) : null };
}
