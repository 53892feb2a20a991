using System.Text.Encodings.Web;
using System.Text.Json;
using LlavaCuda.Checkpoints;

namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>Writes ScienceQA as LLaVA's conversations, for training and for asking.</summary>
internal static class ScienceQaConverter
{
    private static readonly JsonWriterOptions Pretty =
        new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file's name in the original: <c>llava_test_QCM-LEA.json</c>, or <c>scienceqa_test_QCM-LEPA.jsonl</c> of JSON
    /// Lines.</summary>
    internal static string FileName(string split, ScienceQaFormat format, bool lines) =>
        $"{(lines ? "scienceqa" : "llava")}_{split}_{format.Input}-{format.Output}.json{(lines ? "l" : string.Empty)}";

    /// <summary>Writes a file of conversations: the image, where there is one, after the question.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problems">The questions.</param>
    /// <param name="format">What prompt and answer consist of.</param>
    /// <param name="captions">Whether contexts have the images' captions.</param>
    internal static void Write(string path, IEnumerable<ScienceQaProblem> problems, ScienceQaFormat format, bool captions = false) =>
        AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter writer = new(stream, Pretty);
        writer.WriteStartArray();
        foreach (ScienceQaProblem problem in problems)
        {
            (string human, string answer) = Render(problem, format, captions);
            Begin(writer, problem);
            writer.WriteStartArray("conversations");
            foreach ((string from, string value) in ((string, string)[])[("human", human), ("gpt", answer)])
            {
                writer.WriteStartObject();
                writer.WriteString("from", from);
                writer.WriteString("value", value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.Flush();
        }

        writer.WriteEndArray();
    });

    /// <summary>Writes a file of JSON Lines with <c>instruction</c> and <c>output</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problems">The questions.</param>
    /// <param name="format">What prompt and answer consist of.</param>
    /// <param name="captions">Whether contexts have the images' captions.</param>
    internal static void WriteLines(string path, IEnumerable<ScienceQaProblem> problems, ScienceQaFormat format, bool captions = false) =>
        AtomicFile.Write(path, stream =>
    {
        using Utf8JsonWriter writer = new(stream, Pretty with { Indented = false });
        foreach (ScienceQaProblem problem in problems)
        {
            (string human, string answer) = Render(problem, format, captions);
            Begin(writer, problem);
            writer.WriteString("instruction", human);
            writer.WriteString("output", answer);
            writer.WriteEndObject();
            writer.Flush();
            stream.Write("\n"u8);
            writer.Reset();
        }
    });

    private static (string Human, string Answer) Render(ScienceQaProblem problem, ScienceQaFormat format, bool captions)
    {
        (string prompt, string answer) = format.Render(problem, captions);
        return (problem.Image is null ? prompt : $"{prompt}\n<image>", answer);
    }

    private static void Begin(Utf8JsonWriter writer, ScienceQaProblem problem)
    {
        writer.WriteStartObject();
        writer.WriteString("id", problem.Id);
        if (problem.ImagePath is { } image)
        {
            writer.WriteString("image", image);
        }
    }
}
