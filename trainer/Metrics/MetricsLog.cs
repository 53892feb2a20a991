using System.Buffers;
using System.Text.Json;
using LlavaCuda.Checkpoints;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Metrics;

/// <summary>
/// Writes <c>metrics.jsonl</c>: one JSON object a step, on the disk as soon as the step is done. A run that goes on from a checkpoint keeps
/// the rows up
/// to the checkpoint's step and drops what an interrupted run had written after it, so that no step is there twice.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private const string StepKey = "step";
    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _row = new();
    private readonly Utf8JsonWriter _writer;

    /// <summary>Begins a new file, or goes on with the one that is there. Lines of it that are damaged are dropped.</summary>
    /// <param name="path">The file.</param>
    /// <param name="resumedStep">The last step that counts; null begins from scratch.</param>
    /// <param name="warn">Receives which lines were dropped.</param>
    internal MetricsLog(string path, long? resumedStep = null, Action<string>? warn = null)
    {
        if (resumedStep is { } step && File.Exists(path))
        {
            Keep(path, step, warn);
        }
        else
        {
            // A new file: the one that is there may have a second name, in a copy of the folder that was made of links.
            File.Delete(path);
        }

        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        _writer = new Utf8JsonWriter(_row);
    }

    /// <summary>
    /// Writes the row of a step with the time of day, how many passes over the data are done, and the seconds that training has taken so
    /// far.
    /// </summary>
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

    /// <summary>
    /// Reads one metric of every step that has it; null is not-a-number. Damaged lines, as one that was not finished, are left out.
    /// </summary>
    internal static List<(long Step, double Value)> Read(string path, string name)
    {
        List<(long Step, double Value)> values = [];
        foreach ((ReadOnlyMemory<byte> line, int _) in LogLines.Read(path))
        {
            if (ParseRow(line) is var (row, step)
                && row.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.Number or JsonValueKind.Null)
            {
                values.Add((step, value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble()));
            }
        }

        return values;
    }

    // The rows that stay are written into a new file, which takes the name: a kill in between loses nothing.
    private static void Keep(string path, long lastStep, Action<string>? warn)
    {
        List<int> damaged = [];
        long before = long.MinValue;
        AtomicFile.Write(path, stream =>
        {
            foreach ((ReadOnlyMemory<byte> line, int number) in LogLines.Read(path))
            {
                if (ParseRow(line) is not var (_, step))
                {
                    damaged.Add(number);
                }
                else if (step > before && step <= lastStep)
                {
                    stream.Write(line.Span);
                    stream.Write("\n"u8);
                    before = step;
                }
            }
        });
        if (damaged.Count > 0)
        {
            string which = damaged.Count == 1 ? $"line {damaged[0]} is" : $"{damaged.Count} lines, the first of them line {damaged[0]}, are";
            warn?.Invoke($"{path}: {which} damaged and left out");
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
