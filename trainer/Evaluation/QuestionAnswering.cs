using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation;

/// <summary>
/// Asks a model questions, many at once and each in a conversation of its own, and writes a row in the original's layout for each as soon
/// as it is answered. A file with the first of them is gone on with.
/// </summary>
/// <param name="path">The file of answers.</param>
/// <param name="model">The model's name, which rows record.</param>
/// <param name="run">What tells this model, asked in this way, from others, see <see cref="RunFingerprint"/>.</param>
internal sealed class QuestionAnswering(string path, string model, string run)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Gets what each row begins with.</summary>
    private static ReadOnlySpan<byte> Start => "{\"question_id\":"u8;

    /// <summary>Finds the questions that the file has no answer to. A last row that was not finished is dropped.</summary>
    /// <param name="questions">All questions.</param>
    /// <exception cref="InvalidDataException">The file has answers of another model or to other prompts.</exception>
    internal List<AskedQuestion> Remaining(IReadOnlyList<AskedQuestion> questions)
    {
        Dictionary<string, AskedQuestion> open = questions.ToDictionary(static q => q.Id, StringComparer.Ordinal);
        if (File.Exists(path) && new FileInfo(path).Length > 0)
        {
            foreach ((_, ConfigSection row) in JsonLines.Read(path, whole: true))
            {
                if (row.OptionalText("model_id") != model)
                {
                    throw row.Wrong("model_id", $"{Quoted.Name(model)}; for another model choose another file");
                }

                if (row.Section("metadata")?.OptionalText("run") != run)
                {
                    throw new InvalidDataException(
                        $"{path} has answers of a model {Quoted.Name(model)} with other weights, or that was asked in another way; choose another file.");
                }

                string id = row.RawText("question_id") ?? throw row.Wrong("question_id", "the id of a question");
                if (!open.Remove(id, out AskedQuestion? question) || row.OptionalText("prompt") != question.Recorded)
                {
                    throw row.Wrong("question_id", "a question of the file, asked as it is now; choose another file for other questions");
                }
            }

            DropTornRow();
        }

        return [.. questions.Where(q => open.ContainsKey(q.Id))];
    }

    /// <summary>Asks.</summary>
    /// <param name="questions">The questions that remain.</param>
    /// <param name="asked">The model.</param>
    /// <param name="options">How to answer.</param>
    /// <param name="atOnce">How many questions are on their way at once.</param>
    /// <param name="readImage">Reads an image by its path in the questions.</param>
    /// <param name="answered">Called after each.</param>
    /// <param name="cancellation">Stops; the answers under way are given up.</param>
    /// <exception cref="InvalidDataException">A question does not fit into the model's context; it is named.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal void Ask(
        IEnumerable<AskedQuestion> questions,
        LlavaModel asked,
        GenerationOptions options,
        BatchOptions atOnce,
        Func<AskedQuestion, RgbImage?> readImage,
        Action answered,
        CancellationToken cancellation)
    {
        using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        IEnumerable<LlavaQuestion> shown = questions.Select(
            question => new LlavaQuestion(question.Text, readImage(question) is { } image ? [image] : []) { Tag = question });
        foreach (QuestionAnswer answer in asked.AnswerMany(shown, options, atOnce, cancellation: cancellation))
        {
            AskedQuestion question = (AskedQuestion)answer.Question.Tag!;
            string text = answer.Answer?.Text ?? throw new InvalidDataException($"question {Quoted.Line(question.Id)}: {answer.Failure}");
            Write(file, question, text.Trim());
            answered();
        }
    }

    private void Write(FileStream file, AskedQuestion question, string text)
    {
        using MemoryStream row = new();
        using (Utf8JsonWriter writer = new(row, Plain))
        {
            byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{model}\n{question.Id}\n{text}"));
            writer.WriteStartObject();
            writer.WritePropertyName("question_id");
            writer.WriteRawValue(question.Id);
            writer.WriteString("prompt", question.Recorded);
            writer.WriteString("text", text);
            writer.WriteString("answer_id", Convert.ToHexStringLower(hash.AsSpan(0, 11)));
            writer.WriteString("model_id", model);
            writer.WriteStartObject("metadata");
            writer.WriteString("run", run);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        row.Write("\n"u8);
        file.Write(row.GetBuffer().AsSpan(0, (int)row.Length));
        file.Flush();
    }

    // Only what this class itself began to write: any other text belongs to somebody.
    private void DropTornRow()
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        long begin = EndOfRows(file);
        Span<byte> start = stackalloc byte[Start.Length];
        file.Position = begin;
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (!Start.StartsWith(start))
        {
            throw new InvalidDataException($"{path}: the last line is no row of answers; choose another file.");
        }

        file.SetLength(begin);
    }

    private static long EndOfRows(FileStream file)
    {
        byte[] block = new byte[1 << 12];
        for (long end = file.Length; end > 0;)
        {
            int count = (int)Math.Min(block.Length, end);
            end -= count;
            file.Position = end;
            file.ReadExactly(block.AsSpan(0, count));
            if (block.AsSpan(0, count).LastIndexOf((byte)'\n') is var last and >= 0)
            {
                return end + last + 1;
            }
        }

        return 0;
    }
}
