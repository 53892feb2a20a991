using System.Text.Encodings.Web;
using System.Text.Json;
using LlavaCuda.Checkpoints;
using LlavaCuda.Trainer.Asking;

namespace LlavaCuda.Trainer.Generating;

/// <summary>
/// Writes a run's files as it goes: <c>instruct.json</c>, LLaVA's format with a sample a line; <c>quarantine.jsonl</c>, every part of a
/// reply that was not used, with its reason; and counts both.
/// </summary>
internal sealed class GenerationFiles : IGenerationOutput
{
    internal const string DataFile = "instruct.json";
    internal const string QuarantineFile = "quarantine.jsonl";
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Stream _data;
    private readonly Stream _quarantine;
    private readonly ulong _seed;
    private readonly GenerationStatistics _statistics;
    private long _samples;

    private GenerationFiles(Stream data, Stream quarantine, ulong seed, GenerationStatistics statistics) =>
        (_data, _quarantine, _seed, _statistics) = (data, quarantine, seed, statistics);

    /// <summary>Writes the files of a run. Where it ends before its end, older files stay, but for what was not used.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="seed">Chooses where images stand.</param>
    /// <param name="statistics">Receives the counts.</param>
    /// <param name="run">The run.</param>
    internal static void Write(string folder, ulong seed, GenerationStatistics statistics, Action<IGenerationOutput> run)
    {
        InvalidDataException? useless = null;
        AtomicFile.Write(Path.Combine(folder, QuarantineFile), quarantine =>
        {
            try
            {
                AtomicFile.Write(Path.Combine(folder, DataFile), data =>
                {
                    data.Write("["u8);
                    run(new GenerationFiles(data, quarantine, seed, statistics));
                    data.Write("\n]\n"u8);
                });
            }
            catch (InvalidDataException error)
            {
                // What was not used is what tells why.
                useless = error;
            }
        });
        if (useless is not null)
        {
            throw new InvalidDataException($"{useless.Message} {Path.Combine(folder, QuarantineFile)} holds them.", useless);
        }
    }

    /// <inheritdoc/>
    public void Count(ResponseType type, CallOutcome outcome) => _statistics.Count(type, outcome);

    /// <inheritdoc/>
    public void Drop(ResponseType type, CocoImage image, ParsedReply parsed, string callKey)
    {
        _statistics.Drop(type, parsed);
        foreach ((string reason, string text) in parsed.Dropped)
        {
            using (Utf8JsonWriter json = new(_quarantine, Plain))
            {
                json.WriteStartObject();
                json.WriteString("type", type.Name);
                json.WriteString("id", image.PaddedId);
                json.WriteString("reason", reason);
                json.WriteString("text", text);
                json.WriteString("call", callKey);
                json.WriteEndObject();
            }

            _quarantine.Write("\n"u8);
        }
    }

    /// <inheritdoc/>
    public void Add(GeneratedSample sample, ParsedReply parsed)
    {
        _statistics.Add(sample, parsed);
        _data.Write(_samples++ == 0 ? "\n"u8 : ",\n"u8);
        using Utf8JsonWriter json = new(_data, Plain);
        sample.Write(json, _seed);
    }
}
