using System.Buffers;
using System.Text.Json;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Metrics;

/// <summary>
/// Writes <c>metrics.jsonl</c>: one JSON object a step, on the disk as soon as the step is done. A run that goes on from a checkpoint keeps the rows up
/// to the checkpoint's step and drops what an interrupted run had written after it, so that no step is there twice.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private const string StepKey = "step";
    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _row = new();
    private readonly Utf8JsonWriter _writer;

    /// <summary>Begins a new file, or goes on with the one that is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="resumedStep">The last step that counts; null begins anew.</param>
    /// <exception cref="InvalidDataException">A row of the file to go on with is none.</exception>
    internal MetricsLog(string path, long? resumedStep = null)
    {
        long kept = resumedStep is { } step && File.Exists(path) ? LengthUpTo(path, step) : 0;
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        _file.SetLength(kept);
        _file.Seek(0, SeekOrigin.End);
        _writer = new Utf8JsonWriter(_row);
    }

    /// <summary>Writes the row of a step with the time of day, how many passes over the data are done, and the seconds that training has taken so far.</summary>
    internal void Append(long step, DateTimeOffset time, double epoch, double elapsed, params ReadOnlySpan<Metric> metrics)
    {
        Begin(step);
        _writer.WriteString("time", new DateTime(time.UtcTicks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond, DateTimeKind.Utc));
        _writer.WriteNumber("epoch", epoch);
        _writer.WriteNumber("elapsed", elapsed);
        End(metrics);
    }

    /// <summary>Writes the row of a step; numbers that JSON does not have, as not-a-number, become null.</summary>
    internal void Append(long step, params ReadOnlySpan<Metric> metrics)
    {
        Begin(step);
        End(metrics);
    }

    private void Begin(long step)
    {
        _row.ResetWrittenCount();
        _writer.Reset();
        _writer.WriteStartObject();
        _writer.WriteNumber(StepKey, step);
    }

    private void End(ReadOnlySpan<Metric> metrics)
    {
        foreach (Metric metric in metrics)
        {
            if (!double.IsFinite(metric.Value))
            {
                _writer.WriteNull(metric.Name);
            }
            else if (metric.Value == (float)metric.Value)
            {
                // A single's own digits are fewer than those of the same value as a double.
                _writer.WriteNumber(metric.Name, (float)metric.Value);
            }
            else
            {
                _writer.WriteNumber(metric.Name, metric.Value);
            }
        }

        _writer.WriteEndObject();
        _writer.Flush();
        _row.Write("\n"u8);
        _file.Write(_row.WrittenSpan);
        _file.Flush();
    }

    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
    }

    /// <summary>Reads one metric of every step that has it; null is not-a-number. A last line that was not finished is left out.</summary>
    /// <exception cref="InvalidDataException">A row is none.</exception>
    internal static List<(long Step, double Value)> Read(string path, string name)
    {
        List<(long Step, double Value)> values = [];
        foreach ((JsonElement row, long step, _) in Rows(path))
        {
            if (row.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.Number or JsonValueKind.Null)
            {
                values.Add((step, value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble()));
            }
        }

        return values;
    }

    private static long LengthUpTo(string path, long lastStep)
    {
        long length = 0;
        foreach ((_, long step, long end) in Rows(path))
        {
            if (step > lastStep)
            {
                break;
            }

            length = end;
        }

        return length;
    }

    /// <summary>The finished lines of a file with their steps and where in the file they end.</summary>
    private static IEnumerable<(JsonElement Row, long Step, long End)> Rows(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int start = 0;
        for (int line = 1; file.AsSpan(start).IndexOf((byte)'\n') is >= 0 and int length; line++)
        {
            (JsonElement row, long step) = ParseRow(file.AsMemory(start, length))
                ?? throw new InvalidDataException($"{path}, line {line}: expected a JSON object with a whole number \"{StepKey}\".");
            start += length + 1;
            yield return (row, step, start);
        }
    }

    private static (JsonElement Row, long Step)? ParseRow(ReadOnlyMemory<byte> line)
    {
        try
        {
            JsonElement row = JsonFile.Parse(line, "row").Root;
            return row.ValueKind == JsonValueKind.Object && row.TryGetProperty(StepKey, out JsonElement value)
                && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long step) ? (row, step) : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
