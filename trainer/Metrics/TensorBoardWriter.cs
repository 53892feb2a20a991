using System.Buffers.Binary;
using System.Numerics;

namespace LlavaCuda.Trainer.Metrics;

/// <summary>
/// Writes scalars to an event file that TensorBoard shows. The file is a row of records (length, checksum, event, checksum), an event a protocol
/// buffers message of TensorFlow's <c>event.proto</c> and <c>summary.proto</c>.
/// </summary>
internal sealed class TensorBoardWriter : IDisposable
{
    private const int WallTime = 1;
    private const int Step = 2;
    private const int FileVersion = 3;
    private const int Summary = 5;
    private const int SessionLog = 7;
    private const int SessionStatus = 1;
    private const int SessionStart = 1;
    private const int SummaryValue = 1;
    private const int ValueTag = 1;
    private const int SimpleValue = 2;

    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private readonly ProtoBuffer _event = new();
    private readonly ProtoBuffer _summary = new();
    private readonly ProtoBuffer _value = new();

    /// <summary>Begins a new event file beside those that are there.</summary>
    /// <param name="folder">The folder, made if it is not there.</param>
    /// <param name="resumedStep">The last step that counts of earlier files, whose later steps TensorBoard is told to drop; null when there are none.</param>
    /// <param name="time">The clock; the system's by default.</param>
    internal TensorBoardWriter(string folder, long? resumedStep = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Directory.CreateDirectory(folder);
        _file = Create(folder, _time.GetUtcNow().ToUnixTimeSeconds());
        WriteRecord(NewEvent().Text(FileVersion, "brain.Event:2"));
        if (resumedStep is { } step)
        {
            WriteRecord(NewEvent().Integer(Step, step + 1).Message(SessionLog, _value.Clear().Integer(SessionStatus, SessionStart)));
        }

        _file.Flush();
    }

    /// <summary>Writes the scalars of a step.</summary>
    internal void Append(long step, params ReadOnlySpan<Metric> metrics)
    {
        _summary.Clear();
        foreach (Metric metric in metrics)
        {
            _summary.Message(SummaryValue, _value.Clear().Text(ValueTag, metric.Name).Single(SimpleValue, (float)metric.Value));
        }

        WriteRecord(NewEvent().Integer(Step, step).Message(Summary, _summary));
        _file.Flush();
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The checksum of a record: CRC-32C, turned and shifted because a checksum of data that holds checksums is a weak one.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }

        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }

    /// <summary>Two writers may begin in the same second.</summary>
    private static FileStream Create(string folder, long seconds)
    {
        string name = Path.Combine(folder, $"events.out.tfevents.{seconds}.llava");
        string path = name;
        for (int again = 1; File.Exists(path); again++)
        {
            path = $"{name}.{again}";
        }

        return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
    }

    private ProtoBuffer NewEvent() => _event.Clear().Double(WallTime, _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);

    private void WriteRecord(ProtoBuffer message)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)message.Bytes.Length);
        _file.Write(length);
        WriteChecksum(length);
        _file.Write(message.Bytes);
        WriteChecksum(message.Bytes);
    }

    private void WriteChecksum(ReadOnlySpan<byte> data)
    {
        Span<byte> checksum = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, MaskedCrc(data));
        _file.Write(checksum);
    }
}
