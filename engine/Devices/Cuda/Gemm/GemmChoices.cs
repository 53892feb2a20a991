using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Native;

namespace LlavaCuda.Devices;

/// <summary>
/// Chosen algorithms in a file, which several processes may share: whoever chooses first for a problem chooses for all. A file that cannot be read, or whose contents do not agree with their
/// checksum, counts as empty and is written anew; a folder that cannot be written to costs time, not the run.
/// </summary>
internal sealed class GemmChoices
{
    private const string ChecksumKey = "checksum";
    private const string ChoicesKey = "choices";
    private const string AlgorithmKey = "algorithm";
    private const string MicrosecondsKey = "microseconds";
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly JsonWriterOptions Indented = new() { Indented = true };
    private readonly SortedDictionary<string, GemmChoice> _choices = new(StringComparer.Ordinal);
    private string? _file;

    /// <summary>Initializes a new instance of the <see cref="GemmChoices"/> class.</summary>
    /// <param name="file">The file, or null to remember only while this process runs.</param>
    internal GemmChoices(string? file)
    {
        _file = file;
        Read();
    }

    /// <summary>Gets the user's file, among the compiled kernels.</summary>
    internal static string? DefaultFile => CacheFolder.Choose() is { } folder ? Path.Combine(folder, "products.json") : null;

    /// <summary>Looks a choice up.</summary>
    /// <param name="key">All that it depends on.</param>
    /// <returns>The choice, or null when there is none yet.</returns>
    internal GemmChoice? Find(string key) => _choices.TryGetValue(key, out GemmChoice choice) ? choice : null;

    /// <summary>Keeps a choice, unless another process was faster.</summary>
    /// <param name="key">All that it depends on.</param>
    /// <param name="choice">The choice.</param>
    /// <returns>The choice that counts.</returns>
    internal GemmChoice Keep(string key, GemmChoice choice)
    {
        try
        {
            using FileStream? turn = _file is null ? null : Wait(_file);
            Read();
            _choices.TryAdd(key, choice);
            Write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _choices.TryAdd(key, choice);
            _file = null;
        }

        return _choices[key];
    }

    // One process at a time reads the file, adds to it and writes it. The lock's file stays: one that is removed could be locked twice.
    private static FileStream Wait(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        long start = Environment.TickCount64;
        while (true)
        {
            try
            {
                return new FileStream(file + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Environment.TickCount64 - start < LongestWait.TotalMilliseconds)
            {
                Thread.Sleep(10);
            }
        }
    }

    private static string Checksum(ReadOnlySpan<byte> choices) => Convert.ToHexStringLower(SHA256.HashData(choices));

    private void Read()
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            JsonElement root = JsonFile.Open(_file).Root;
            JsonElement choices = root.GetProperty(ChoicesKey);
            if (root.GetProperty(ChecksumKey).GetString() != Checksum(Encoding.UTF8.GetBytes(choices.GetRawText())))
            {
                return;
            }

            foreach (JsonProperty entry in choices.EnumerateObject())
            {
                CublasLtMatmulAlgo algorithm = default;
                byte[] bytes = Convert.FromHexString(entry.Value.GetProperty(AlgorithmKey).GetString()!);
                bytes.CopyTo(MemoryMarshal.AsBytes(new Span<CublasLtMatmulAlgo>(ref algorithm)));
                double microseconds = entry.Value.TryGetProperty(MicrosecondsKey, out JsonElement measured) ? measured.GetDouble() : double.NaN;
                _choices.TryAdd(entry.Name, new GemmChoice(algorithm, microseconds));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            // No file yet, or not one of ours.
        }
    }

    private void Write()
    {
        if (_file is null)
        {
            return;
        }

        ArrayBufferWriter<byte> choices = new();
        using (Utf8JsonWriter json = new(choices, Indented))
        {
            json.WriteStartObject();
            foreach ((string key, GemmChoice choice) in _choices)
            {
                CublasLtMatmulAlgo algorithm = choice.Algorithm;
                json.WriteStartObject(key);
                json.WriteString(AlgorithmKey, Convert.ToHexStringLower(MemoryMarshal.AsBytes(new ReadOnlySpan<CublasLtMatmulAlgo>(in algorithm))));
                if (double.IsFinite(choice.Microseconds))
                {
                    json.WriteNumber(MicrosecondsKey, choice.Microseconds);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        string beside = _file + ".tmp";
        using (FileStream file = File.Create(beside))
        {
            using Utf8JsonWriter json = new(file, Indented);
            json.WriteStartObject();
            json.WriteString(ChecksumKey, Checksum(choices.WrittenSpan));
            json.WritePropertyName(ChoicesKey);
            json.WriteRawValue(choices.WrittenSpan);
            json.WriteEndObject();
            json.Flush();
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, _file, overwrite: true);
    }
}
