using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LlavaCuda.Formats;
using LlavaCuda.Generation;
using LlavaCuda.Images;
using LlavaCuda.Text;
using LlavaCuda.Trainer.Data;

namespace LlavaCuda.Trainer.Evaluation.ScienceQa;

/// <summary>
/// Asks a model the questions of a converted file, as the original's <c>model_vqa_science.py</c> does, and writes a row for each as soon
/// as it is
/// answered. A file with the first of them is gone on with.
/// </summary>
/// <param name="path">The file of answers.</param>
/// <param name="model">The model's name, which rows record.</param>
/// <param name="run">What tells this model, asked in this way, from others, see <see cref="RunFingerprint"/>.</param>
/// <param name="askForLetter">Whether each question ends with a sentence that asks for the option's letter alone.</param>
internal sealed class ScienceQaAnswering(string path, string model, string run, bool askForLetter)
{
    private const string LetterSentence = "Answer with the option's letter from the given choices directly.";
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the questions of a converted file.</summary>
    /// <exception cref="InvalidDataException">A sample is wrong, has no id, or has several images; the message names file and
    /// line.</exception>
    internal static List<ScienceQaQuestion> ReadQuestions(string file)
    {
        List<ScienceQaQuestion> questions = [];
        HashSet<string> ids = new(StringComparer.Ordinal);
        using ConversationReader reader = new(file);
        while (reader.Read(out ConversationSample? sample, out string? fault))
        {
            if (sample is null)
            {
                throw new InvalidDataException($"{fault}.");
            }

            string text = string.Concat(sample.Conversation.Turns[0].Content.Select(static part => part.Text)).Trim();
            questions.Add(new ScienceQaQuestion(sample.Place.Id, text, sample.Images switch
            {
                [] => null,
                [string image] => image,
                _ => throw new InvalidDataException($"{sample.Place} has {sample.Images.Length} images; expected one or none."),
            }));
            if (sample.Place.Id.Length == 0 || !ids.Add(sample.Place.Id))
            {
                throw new InvalidDataException($"{sample.Place}: expected an id that no other sample has.");
            }
        }

        return questions;
    }

    /// <summary>Finds the questions that the file has no answer to. A last row that was not finished is dropped.</summary>
    /// <param name="questions">All questions.</param>
    /// <exception cref="InvalidDataException">The file has answers of another model or to other prompts.</exception>
    internal List<ScienceQaQuestion> Remaining(IReadOnlyList<ScienceQaQuestion> questions)
    {
        DropTornRow();
        Dictionary<string, ScienceQaQuestion> open = questions.ToDictionary(static q => q.Id, StringComparer.Ordinal);
        if (File.Exists(path) && new FileInfo(path).Length > 0)
        {
            foreach ((_, ConfigSection row) in JsonLines.Read(path))
            {
                if (row.OptionalText("model_id") != model || row.Section("metadata")?.OptionalText("run") != run)
                {
                    throw row.Wrong("model_id", $"{Quoted.Name(model)} as it is and is asked now; for another model or other options choose another file");
                }

                string id = row.OptionalText("question_id") ?? throw row.Wrong("question_id", "a text");
                if (!open.Remove(id, out ScienceQaQuestion? question) || row.OptionalText("prompt") != Recorded(question))
                {
                    throw row.Wrong("question_id", "a question of the file, asked as it is now; choose another file for other questions");
                }
            }
        }

        return [.. questions.Where(q => open.ContainsKey(q.Id))];
    }

    /// <summary>Asks.</summary>
    /// <param name="questions">The questions that remain.</param>
    /// <param name="chat">The model; its conversation is begun from scratch for each.</param>
    /// <param name="options">How to answer.</param>
    /// <param name="readImage">Reads an image by its path in the questions.</param>
    /// <param name="answered">Called after each.</param>
    /// <param name="cancellation">Stops; the answer under way is given up.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal void Ask(
        IEnumerable<ScienceQaQuestion> questions,
        ChatSession chat,
        GenerationOptions options,
        Func<ScienceQaQuestion, RgbImage?> readImage,
        Action answered,
        CancellationToken cancellation)
    {
        using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        foreach (ScienceQaQuestion question in questions)
        {
            cancellation.ThrowIfCancellationRequested();
            chat.Clear();
            string text = string.Concat(chat.Send(Prompt(question), readImage(question) is { } image ? [image] : [], options, cancellation))
                .Trim();
            cancellation.ThrowIfCancellationRequested();
            Write(file, question, text);
            answered();
        }
    }

    private string Prompt(ScienceQaQuestion question) => askForLetter ? $"{question.Text}\n{LetterSentence}" : question.Text;

    // The scorer tells by the marker whether the model was shown the image.
    private string Recorded(ScienceQaQuestion question) =>
        (question.Image is null ? string.Empty : $"{LlavaTokenizer.ImageMarker}\n") + Prompt(question);

    private void Write(FileStream file, ScienceQaQuestion question, string text)
    {
        using MemoryStream row = new();
        using (Utf8JsonWriter writer = new(row, Plain))
        {
            byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{model}\n{question.Id}\n{text}"));
            writer.WriteStartObject();
            writer.WriteString("question_id", question.Id);
            writer.WriteString("prompt", Recorded(question));
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

    private void DropTornRow()
    {
        if (!File.Exists(path))
        {
            return;
        }

        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        byte[] block = new byte[1 << 12];
        long end = file.Length;
        while (end > 0)
        {
            int count = (int)Math.Min(block.Length, end);
            file.Position = end - count;
            file.ReadExactly(block.AsSpan(0, count));
            int last = block.AsSpan(0, count).LastIndexOf((byte)'\n');
            if (last >= 0)
            {
                file.SetLength(end - count + last + 1);
                return;
            }

            end -= count;
        }

        file.SetLength(0);
    }
}

/// <summary>A question of a converted file.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Text">What is asked, without a marker for the image.</param>
/// <param name="Image">The image's path below the folder of images, or null.</param>
internal sealed record ScienceQaQuestion(string Id, string Text, string? Image);
