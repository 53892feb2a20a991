using System.Text.Encodings.Web;
using System.Text.Json;
using LlavaCuda.Tensors;

namespace LlavaCuda.Trainer.Filtering;

/// <summary>Writes captions as LLaVA's samples for stage 1, one a line; those that are samples already stay as they are.</summary>
/// <param name="stream">Where.</param>
/// <param name="seed">Chooses the instruction, and whether the image stands before it or after.</param>
internal sealed class CaptionWriter(Stream stream, ulong seed)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // One meaning in eleven wordings; stage 1 leaves them out of the prompt.
    private static readonly string[] Instructions =
    [
        "Describe the image in a few words.", "Give a short description of this image.", "What does this image show? Be brief.",
        "Sum up this image in one sentence.", "Write a short caption for this image.", "Say in one sentence what can be seen here.",
        "Describe this image concisely.", "What is in this image, in short?", "Give this image a brief caption.",
        "Tell me briefly what this image is about.", "Summarize what you see in one sentence.",
    ];

    private readonly CounterRandom _instruction = new(seed, "brief instruction");
    private readonly CounterRandom _order = new(seed, "image first");
    private long _written;

    /// <summary>Writes what stands before the first.</summary>
    internal void Begin() => stream.Write("["u8);

    /// <summary>Writes what stands behind the last.</summary>
    internal void End() => stream.Write("\n]\n"u8);

    /// <summary>Writes a sample.</summary>
    /// <param name="number">The caption's number in the file.</param>
    /// <param name="row">The caption.</param>
    internal void Write(long number, CaptionRow row)
    {
        stream.Write(_written++ == 0 ? "\n"u8 : ",\n"u8);
        if (row.Json is { } whole)
        {
            // On one line, whatever it was; its own text may hold no line ends outside of white space.
            stream.Write(System.Text.Encoding.UTF8.GetBytes(whole.ReplaceLineEndings(" ")));
            return;
        }

        string instruction = Instructions[_instruction.Below((ulong)number, Instructions.Length)];
        bool isFirst = _order.Below((ulong)number, 2) == 0;
        using Utf8JsonWriter json = new(stream, Plain);
        json.WriteStartObject();
        json.WriteString("id", row.Id ?? Path.GetFileNameWithoutExtension(row.Image));
        json.WriteString("image", row.Image);
        json.WriteStartArray("conversations");
        Turn("human", isFirst ? $"<image>\n{instruction}" : $"{instruction}\n<image>");
        Turn("gpt", row.Caption);
        json.WriteEndArray();
        json.WriteEndObject();

        void Turn(string from, string value)
        {
            json.WriteStartObject();
            json.WriteString("from", from);
            json.WriteString("value", value);
            json.WriteEndObject();
        }
    }
}
