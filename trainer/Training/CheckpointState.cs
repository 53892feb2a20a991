using System.Text;
using System.Text.Json;
using LlavaCuda.Checkpoints;
using LlavaCuda.Formats;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// A checkpoint's <c>state.json</c>: the step, the identity of the run, and the checksums of the files next to it and of its
/// own entries.
/// </summary>
/// <param name="Step">The steps that are done.</param>
/// <param name="Run">See <see cref="RunIdentity"/>.</param>
/// <param name="Checksums">XxHash128 by file name; empty in checkpoints of versions that wrote none.</param>
internal sealed record CheckpointState(long Step, IReadOnlyDictionary<string, string> Run, IReadOnlyDictionary<string, string> Checksums)
{
    /// <summary>The name of the file.</summary>
    internal const string FileName = "state.json";

    private const int Version = 2;
    private const int VersionWithoutChecksums = 1;

    /// <summary>Writes the file's contents.</summary>
    internal void Write(Stream stream)
    {
        using Utf8JsonWriter json = new(stream, ConfigText.Indented);
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteNumber("step", Step);
        WriteTexts(json, "run", Run);
        WriteTexts(json, "checksums", Checksums);
        json.WriteString("checksum", OwnChecksum());
        json.WriteEndObject();
    }

    /// <summary>Reads the file of a checkpoint.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="step">The step that it must be of.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    internal static CheckpointState Read(string folder, long step)
    {
        ConfigSection file = ConfigSection.Open(Path.Combine(folder, FileName));
        int? version = file.OptionalInteger("version");
        if (version is not (Version or VersionWithoutChecksums))
        {
            throw file.Wrong("version", $"{Version}");
        }

        if (file.OptionalLong("step") != step)
        {
            throw file.Wrong("step", $"{step}");
        }

        Dictionary<string, string> run = ReadTexts(file, "run");
        CheckpointState state = new(step, run, version == Version ? ReadTexts(file, "checksums") : []);
        return version != Version || file.OptionalText("checksum") == state.OwnChecksum() ? state
            : throw file.Wrong("checksum", $"{state.OwnChecksum()}, that of the other entries");
    }

    /// <summary>Compares the files of a checkpoint with their checksums.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    internal void Verify(string folder)
    {
        foreach ((string name, string checksum) in Checksums)
        {
            string path = Path.Combine(folder, Path.GetFileName(name));
            if (ChecksumStream.Of(path) is var found && found != checksum)
            {
                throw new InvalidDataException($"{path} is damaged: its checksum is {found}; expected {checksum}.");
            }
        }
    }

    private static void WriteTexts(Utf8JsonWriter json, string key, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject(key);
        foreach ((string name, string text) in texts)
        {
            json.WriteString(name, text);
        }

        json.WriteEndObject();
    }

    private static Dictionary<string, string> ReadTexts(ConfigSection file, string key)
    {
        ConfigSection texts = file.Section(key) ?? throw file.Wrong(key, "an object");
        return texts.Entries.ToDictionary(
            static entry => entry.Key,
            entry => entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : throw texts.Wrong(entry.Key, "a string"));
    }

    private string OwnChecksum()
    {
        StringBuilder text = new($"{Step}\n");
        foreach ((string key, string value) in Run.Concat(Checksums).OrderBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            text.Append(key).Append('=').Append(value).Append('\n');
        }

        return ChecksumStream.Of(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
