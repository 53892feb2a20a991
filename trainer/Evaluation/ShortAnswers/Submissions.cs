using System.Text.Encodings.Web;
using System.Text.Json;

namespace LlavaCuda.Trainer.Evaluation.ShortAnswers;

/// <summary>An answer to a question; its id is JSON, and a missing text is null.</summary>
/// <param name="Id">The question's id, as JSON.</param>
/// <param name="Text">The answer.</param>
internal readonly record struct GivenAnswer(string Id, string? Text);

/// <summary>Writes the files that benchmarks' servers and scorers take, as the scripts of LLaVA do.</summary>
internal static class Submissions
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>VQAv2's server: a list of <c>question_id</c> and <c>answer</c>; a missing one is an empty text.</summary>
    internal static byte[] Vqa2(IEnumerable<GivenAnswer> answers) => List(answers, static (json, answer) =>
    {
        json.WritePropertyName("question_id");
        json.WriteRawValue(answer.Id);
        json.WriteString("answer", answer.Text is null ? string.Empty : AnswerNormalizer.EvalAi(answer.Text));
    });

    /// <summary>VizWiz's server: a list of <c>image</c> and <c>answer</c>.</summary>
    internal static byte[] VizWiz(IEnumerable<(string Image, string? Text)> answers) => List(answers, static (json, answer) =>
    {
        json.WriteString("image", answer.Image);
        json.WriteString("answer", AnswerNormalizer.EvalAi(answer.Text ?? string.Empty));
    });

    /// <summary>GQA's <c>eval.py</c>: a list of <c>questionId</c> and <c>prediction</c>.</summary>
    internal static byte[] Gqa(IEnumerable<GivenAnswer> answers) => List(answers, static (json, answer) =>
    {
        json.WritePropertyName("questionId");
        json.WriteRawValue(answer.Id);
        json.WriteString("prediction", VqaFiles.GqaAnswer(answer.Text ?? string.Empty));
    });

    /// <summary>SEED-Bench's leaderboard: JSON Lines with <c>question_id</c> and <c>prediction</c>.</summary>
    internal static byte[] Seed(IEnumerable<GivenAnswer> answers)
    {
        using MemoryStream stream = new();
        foreach (GivenAnswer answer in answers)
        {
            using (Utf8JsonWriter json = new(stream, Plain))
            {
                json.WriteStartObject();

                // The published ids are texts, of digits or not.
                json.WriteString("question_id", answer.Id.Trim('"'));
                json.WriteString("prediction", answer.Text ?? string.Empty);
                json.WriteEndObject();
            }

            stream.WriteByte((byte)'\n');
        }

        return stream.ToArray();
    }

    /// <summary>MM-Vet's scorer: an object with a text for each <c>v1_ID</c>.</summary>
    internal static byte[] MmVet(IEnumerable<GivenAnswer> answers)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, Plain with { Indented = true }))
        {
            json.WriteStartObject();
            foreach (GivenAnswer answer in answers)
            {
                json.WriteString($"v1_{answer.Id.Trim('"')}", answer.Text ?? string.Empty);
            }

            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static byte[] List<T>(IEnumerable<T> answers, Action<Utf8JsonWriter, T> write)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, Plain))
        {
            json.WriteStartArray();
            foreach (T answer in answers)
            {
                json.WriteStartObject();
                write(json, answer);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return stream.ToArray();
    }
}
